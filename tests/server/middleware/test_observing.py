"""What is logged and counted of requests, and what comes of an unexpected error."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import pytest
from asgi import Answer, ask
from fastapi import FastAPI
from starlette.middleware import Middleware

from fetal_head.pseudonym import pseudonym
from fetal_head.server.logs import JsonLines
from fetal_head.server.middleware.observing import Observed


class Counted:
    """Stands for the metrics."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, int]] = []

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        assert 0 <= seconds < 10
        self.seen.append((route, method, status))


@pytest.fixture
def counted() -> Counted:
    return Counted()


def _ask(counted: Counted, path: str, query: str = "") -> Answer:
    application = FastAPI(middleware=[Middleware(Observed, metrics=counted)])

    @application.get("/good/{image}")
    def good(image: str) -> str:
        return image

    @application.get("/bad/{image}")
    def bad(image: str, who: str) -> None:
        raise KeyError(f"{image} of {who}, who is no Annabel")

    @application.get("/gone")
    def gone() -> None:
        try:
            Path("/studies/Anna-Musterfrau.nii.gz").read_bytes()
        except FileNotFoundError:
            Path("/studies/Berta.png").rename("/studies/labels/history/Carla/image-1.png")

    return ask(application, path=path, query=query)


def _lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [json.loads(JsonLines().format(record)) for record in caplog.records if record.name.startswith("fetal_head")]


def test_a_request_is_a_line_without_what_was_asked_for(counted: Counted, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert _ask(counted, "/good/Anna", "token=secret").status == 200
        assert _ask(counted, "/nothing/Anna").status == 404
    good, nothing = _lines(caplog)
    assert {key: good[key] for key in ("level", "method", "route", "status", "who")} == {
        "level": "INFO",
        "method": "GET",
        "route": "/good/{image}",
        "status": 200,
        "who": "",
    }
    assert (nothing["route"], nothing["status"]) == ("-", 404)
    assert "Anna" not in str([good, nothing])
    assert "secret" not in str(good)
    assert counted.seen == [("/good/{image}", "GET", 200), ("-", "GET", 404)]


def test_an_unexpected_error_is_answered_with_a_reference(counted: Counted, caplog: pytest.LogCaptureFixture) -> None:
    answer = _ask(counted, "/bad/Anna_1", "who=Anna&a=b")
    assert answer.status == 500
    assert not re.search("Anna|KeyError|Traceback|/", answer.detail)
    line = next(line for line in _lines(caplog) if line["level"] == "ERROR")
    assert str(line["reference"]) in answer.detail
    assert f"KeyError: '{pseudonym('Anna_1')} of {pseudonym('Anna')}, who is no Annabel'" in str(line["trace"])
    assert counted.seen == [("/bad/{image}", "GET", 500)]


def test_files_that_an_error_is_about_are_called_by_their_pseudonyms(counted: Counted, caplog: pytest.LogCaptureFixture) -> None:
    assert _ask(counted, "/gone").status == 500
    (line,) = (line for line in _lines(caplog) if line["level"] == "ERROR")
    # the lines of the program are in a trace too
    said = [text for text in str(line["trace"]).splitlines() if text.startswith("FileNotFoundError")]
    assert len(said) == 2
    assert not re.search("Anna|Musterfrau|Berta|Carla", "".join(said))
    for name in ("Anna-Musterfrau", "Berta", "Carla"):
        assert pseudonym(name) in "".join(said)
