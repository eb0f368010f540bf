"""A PACS that is slow, wrong, talkative or somewhere else."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from fetal_head.config import PacsSettings, load_settings
from fetal_head.pacs.client import Instance, Pacs
from fetal_head.pacs.errors import PacsAwayError, PacsRefusalError

Answer = tuple[int, dict[str, str], bytes]
WHERE = Instance("1.2", "1.2.3", "1.2.3.4")
JSON = {"Content-Type": "application/dicom+json"}


def _settings(**changed: str) -> PacsSettings:
    return load_settings({"pacs_megabytes": "1", **changed}).pacs


@contextmanager
def _pacs(answer: Any, **settings: str) -> Iterator[Pacs]:
    """A PACS that answers what `answer` makes of path and query."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, content = answer(self)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_DELETE = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Pacs(f"http://127.0.0.1:{server.server_address[1]}/dicom-web", _settings(**settings))
    finally:
        server.shutdown()
        server.server_close()


def _series(number: int) -> dict[str, Any]:
    return {"0020000D": {"vr": "UI", "Value": ["1.2"]}, "0020000E": {"vr": "UI", "Value": [f"1.2.{number}"]}}


@pytest.mark.parametrize("page", [3, 200, 10_000])
def test_all_pages_are_read_however_long_they_are(page: int) -> None:
    def answer(request: BaseHTTPRequestHandler) -> Answer:
        offset = int(parse_qs(urlsplit(request.path).query)["offset"][0])
        # the last one knows no offset and always answers with everything
        some = range(1, 1001)[offset : offset + page] if page < 10_000 else range(1, 1001)
        return 200, JSON, json.dumps([_series(n) for n in some]).encode()

    with _pacs(answer) as pacs:
        assert [series.uid for series in pacs.series()] == [f"1.2.{n}" for n in range(1, 1001)]


def test_what_is_searched_for_is_a_setting() -> None:
    seen: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> Answer:
        seen.append(request.path)
        return 200, JSON, b"[]"

    with _pacs(answer, pacs_search="{Modality: US, StudyDate: 20240101-}") as pacs:
        assert list(pacs.series()) == []
    query = parse_qs(urlsplit(seen[0]).query)
    assert (query["Modality"], query["StudyDate"]) == (["US"], ["20240101-"])


@pytest.mark.parametrize("uid", ["../../etc/passwd", "1.2.3/..", "", "1" * 65, "abc", None])
def test_what_is_no_uid_is_left_out(uid: str | None) -> None:
    wrong = {**_series(1), "0020000E": {"vr": "UI", "Value": [uid]}}
    with _pacs(lambda _: (200, JSON, json.dumps([wrong, _series(2)]).encode())) as pacs:
        assert [series.uid for series in pacs.series()] == ["1.2.2"]


@pytest.mark.parametrize("status", [401, 429, 503, 302])
def test_a_pacs_that_does_not_let_us_in_is_away(status: int) -> None:
    with _pacs(lambda _: (status, {"Location": "http://elsewhere.example/"}, b"")) as pacs:
        for ask in (lambda: list(pacs.series()), lambda: pacs.fetch(WHERE), lambda: pacs.delete(WHERE)):
            with pytest.raises(PacsAwayError, match=f"answers {status}"):
                ask()


@pytest.mark.parametrize(
    "answer",
    [(200, JSON, b"<html>"), (200, JSON, b"[1, 2]"), (200, JSON, b'{"a": '), (500, JSON, b""), (400, {}, b"[]")],
)
def test_nonsense_is_refused(answer: Answer) -> None:
    with _pacs(lambda _: answer) as pacs:
        with pytest.raises(PacsRefusalError, match="the PACS answers"):
            list(pacs.series())
        with pytest.raises(PacsRefusalError, match="the PACS"):
            pacs.fetch(WHERE)


@pytest.mark.parametrize("kind", ["multipart/related", 'multipart/related; type="application/dicom"; boundary=', "text/html", ""])
def test_what_is_handed_out_in_no_parts_is_refused(kind: str) -> None:
    with (
        _pacs(lambda _: (200, {"Content-Type": kind}, b"--b\r\n\r\nDICM\r\n--b--")) as pacs,
        pytest.raises(PacsRefusalError, match="no DICOM file"),
    ):
        pacs.fetch(WHERE)


@pytest.mark.parametrize("found", [[{"00080018": {"vr": "UI", "Value": 1}}], [{"no tag": {"vr": "UI"}}], [[]], []])
def test_attributes_that_are_none_are_refused(found: Any) -> None:
    with _pacs(lambda _: (200, JSON, json.dumps(found).encode())) as pacs, pytest.raises(PacsRefusalError, match="no DICOMweb"):
        pacs.header(WHERE)


def _instance(series: str, uid: str) -> dict[str, Any]:
    return {"0020000E": {"vr": "UI", "Value": [series]}, "00080018": {"vr": "UI", "Value": [uid]}}


@pytest.mark.parametrize("first", [_instance(WHERE.series, "1.2.3.5"), {}])
def test_attributes_of_another_object_are_refused(first: dict[str, Any]) -> None:
    """A note would reject what still counts, or the image itself."""
    found = [first, _instance(WHERE.series, WHERE.uid)]
    with (
        _pacs(lambda _: (200, JSON, json.dumps(found).encode())) as pacs,
        pytest.raises(PacsRefusalError, match="of another object"),
    ):
        pacs.header(WHERE)


def test_what_is_told_of_another_series_is_none_of_this_one() -> None:
    """It would be taken for ours, and withdrawn."""
    found = [_instance("1.2.9", "1.2.9.1"), _instance(WHERE.series, WHERE.uid), {"00080018": {"vr": "UI", "Value": ["1.2.3.5"]}}]
    with _pacs(lambda _: (200, JSON, json.dumps(found).encode())) as pacs:
        assert [each.uid for each in pacs.instances(WHERE.study, WHERE.series)] == [WHERE.uid, "1.2.3.5"]


@pytest.mark.parametrize("size", ["²", "9" * 5000, "-1", "many"])
def test_a_series_of_no_number_of_instances_is_one_of_unknown_size(size: str) -> None:
    found = {**_series(1), "00201209": {"vr": "IS", "Value": [size]}}
    with _pacs(lambda _: (200, JSON, json.dumps([found]).encode())) as pacs:
        assert [series.size for series in pacs.series()] == [None]


def test_an_instance_that_is_too_large_is_cut_off() -> None:
    kind = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b'}
    with (
        _pacs(lambda _: (200, kind, b"--b\r\n\r\n" + bytes(2_000_000) + b"\r\n--b--")) as pacs,
        pytest.raises(PacsRefusalError, match="more than 1 MB"),
    ):
        pacs.fetch(WHERE)


@pytest.mark.parametrize("is_there", [True, False])
def test_what_the_pacs_does_not_find_only_to_delete_it_is_not_deleted(is_there: bool) -> None:
    """So answers one that has no way to delete: the label would count there for ever, and nobody would know."""

    def answer(request: BaseHTTPRequestHandler) -> Answer:
        if is_there and request.command == "GET":
            return 200, JSON, json.dumps([_instance(WHERE.series, WHERE.uid)]).encode()
        return 404, {}, b""

    with _pacs(answer) as pacs:
        if is_there:
            with pytest.raises(PacsRefusalError, match="deletes nothing"):
                pacs.delete(WHERE)
        else:
            assert not pacs.delete(WHERE)


@pytest.mark.parametrize("path", ["@127.0.0.1:{}/instances/a", "/instances/../a", "/instances/a?b", "", None, 5])
def test_no_answer_leads_what_is_deleted_elsewhere(path: object) -> None:
    seen: list[str] = []

    def elsewhere(request: BaseHTTPRequestHandler) -> Answer:
        seen.append(request.path)
        return 200, {}, b""

    with _pacs(elsewhere) as other:
        where = path.format(other.url.split(":")[2].split("/")[0]) if isinstance(path, str) else path

        def answer(request: BaseHTTPRequestHandler) -> Answer:
            if "studies" in request.path:
                return 405, {}, b""
            seen.extend([request.path] if request.command == "DELETE" else [])
            return 200, JSON, json.dumps([{"Type": "Instance", "Path": where}]).encode()

        with _pacs(answer) as pacs, pytest.raises(PacsRefusalError, match="deletes nothing"):
            pacs.delete(WHERE)
    assert seen == []


@pytest.mark.parametrize(
    ("code", "error", "sentence"),
    [(200, PacsRefusalError, "more than 1 MB"), (400, PacsRefusalError, "more than 1 MB"), (302, PacsAwayError, "answers 302")],
)
@pytest.mark.parametrize("packed", [False, True])
def test_no_answer_is_read_beyond_the_limit(
    code: int, error: type[Exception], sentence: str, packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, read = b"[" + b" " * 8_000_000 + b"]", []
    monkeypatch.setattr("requests.Response.iter_content", _counted(requests.Response.iter_content, read))
    headers = {**JSON, "Location": "http://elsewhere.example/", **({"Content-Encoding": "gzip"} if packed else {})}
    answer = (code, headers, gzip.compress(content) if packed else content)
    with _pacs(lambda _: answer) as pacs:
        for ask in (lambda: list(pacs.series()), lambda: pacs.header(WHERE), lambda: pacs.store([])):
            with pytest.raises(error, match=sentence):
                ask()
    assert sum(read) < 3 * 2_000_000


def _counted(iter_content: Any, read: list[int]) -> Any:
    def counting(self: requests.Response, *args: Any, **kwargs: Any) -> Iterator[bytes]:
        for chunk in iter_content(self, *args, **kwargs):
            read.append(len(chunk))
            yield chunk

    return counting


def _told(tag: str, reason: int | None = None) -> bytes:
    item = {"00081155": {"vr": "UI", "Value": ["1.2"]}} | ({"00081197": {"vr": "US", "Value": [reason]}} if reason else {})
    return json.dumps({tag: {"vr": "SQ", "Value": [item]}}).encode()


def _object() -> Dataset:
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.88.33", "1.2"
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return made


TAKEN, FAILED = "00081199", "00081198"
XML = b"<NativeDicomModel/>"


@pytest.mark.parametrize(
    ("status", "kind", "content"),
    [
        (200, "application/dicom+json", _told(TAKEN)),
        (200, "application/json; charset=utf-8", _told(TAKEN)),
        (200, "text/plain", b""),
        (409, "application/dicom+json; charset=utf-8", _told(FAILED, 0x0111)),
    ],
)
def test_what_is_stored_or_there_already_is_stored(status: int, kind: str, content: bytes) -> None:
    seen: list[tuple[str, str | None]] = []

    def answer(request: BaseHTTPRequestHandler) -> Answer:
        seen.append((request.path, request.headers.get("Accept")))
        return status, {"Content-Type": kind}, content

    with _pacs(answer) as pacs:
        pacs.store([_object()])
    assert seen == [("/dicom-web/studies", "application/dicom+json")]


@pytest.mark.parametrize(
    ("status", "kind", "content"),
    [
        (202, "application/dicom+json; charset=utf-8", _told(FAILED, 0xA700)),
        (409, "application/dicom+json", _told(FAILED)),
        (202, "text/xml", XML),
        (200, "text/html", b"<html>Sign in</html>"),
        (200, "application/dicom+json", b"{}"),
        (500, "text/plain", b""),
    ],
)
def test_what_is_not_told_to_be_stored_is_not_stored(status: int, kind: str, content: bytes) -> None:
    """The label before it would be withdrawn, and no label would count."""
    answer = (status, {"Content-Type": kind}, content)
    with _pacs(lambda _: answer) as pacs, pytest.raises(PacsRefusalError, match="does not take it"):
        pacs.store([_object()])


def test_a_list_without_end_is_told_to_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fetal_head.pacs.answers.MOST", 1000)

    def answer(request: BaseHTTPRequestHandler) -> Answer:
        offset = int(parse_qs(urlsplit(request.path).query)["offset"][0])
        return 200, JSON, json.dumps([_series(n) for n in range(offset, offset + 200)]).encode()

    with _pacs(answer) as pacs, pytest.raises(PacsRefusalError, match="lists more than 1000"):
        list(pacs.series())


def test_a_pacs_that_says_nothing_is_away_after_the_time_limit() -> None:
    waiting = threading.Event()

    def answer(_: object) -> Answer:
        waiting.wait(20)
        return 200, JSON, b"[]"

    with _pacs(answer, pacs_timeout_seconds="1") as pacs:
        with pytest.raises(PacsAwayError, match="does not answer"):
            list(pacs.series())
        waiting.set()


def test_the_token_that_is_in_the_file_now_is_shown(tmp_path: Path) -> None:
    seen: list[str | None] = []

    def answer(request: BaseHTTPRequestHandler) -> Answer:
        seen.append(request.headers.get("Authorization"))
        return 200, JSON, b"[]"

    (tmp_path / "token").write_text("abc.def\n")
    with _pacs(answer, pacs_token_file=str(tmp_path / "token")) as pacs:
        list(pacs.series())
        (tmp_path / "token").write_text("renewed\n")
        list(pacs.series())
        (tmp_path / "token").unlink()
        with pytest.raises(PacsAwayError, match="pacs_token_file cannot be read"):
            list(pacs.series())
    assert seen == ["Bearer abc.def", "Bearer renewed"]
    with pytest.raises(ValueError, match="pacs_token_file cannot be read"):
        Pacs("http://localhost", _settings(pacs_token_file=str(tmp_path / "missing")))


@pytest.mark.parametrize("written", ['{\n "access_token": "s3cret"\n}\n', "s3cret\nof the 3rd of May", "s3cret–", "\n"])
def test_a_file_that_holds_more_or_less_than_a_token_is_told_of_and_what_it_holds_is_not(tmp_path: Path, written: str) -> None:
    (tmp_path / "token").write_text("abc.def\n", encoding="utf-8")
    with _pacs(lambda _: (200, JSON, b"[]"), pacs_token_file=str(tmp_path / "token")) as pacs:
        (tmp_path / "token").write_text(written, encoding="utf-8")
        for ask in (lambda: list(pacs.series()), lambda: pacs.fetch(WHERE), lambda: pacs.ask("studies", "", "*/*")):
            with pytest.raises(PacsAwayError, match="pacs_token_file holds no token") as error:
                ask()
            assert "s3cret" not in str(error.value)
    with pytest.raises(ValueError, match="pacs_token_file holds no token"):
        Pacs("http://localhost", _settings(pacs_token_file=str(tmp_path / "token")))
