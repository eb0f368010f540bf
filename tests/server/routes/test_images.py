"""What is downloaded of a study, while others download too."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from asgi import Answer, ask
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from fetal_head.server.routes.images import image_routes


class _Study:
    """Has one image, and writes the one file of all archives."""

    store = None

    def __init__(self, folder: Path) -> None:
        self.file = folder / "dataset.zip"
        self.image = folder / "Jörg.png"
        self.image.write_bytes(b"an image")

    def get_image_uri(self, image: str) -> str:
        return str(self.image)

    def get_dataset_archive(self, limit_cases: int | None) -> str:
        written = self.file.with_suffix(".new")
        written.write_bytes(b"all images" if limit_cases is None else b"some")
        written.replace(self.file)
        return str(self.file)


def _ask(study: _Study, path: str, meanwhile: Callable[[], object], query: str = "") -> Answer:
    """The answer while something happens just before the first byte is sent."""
    application = FastAPI()
    application.state.login = None
    application.include_router(image_routes(SimpleNamespace(datastore=lambda: study)))

    async def overtaken(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                meanwhile()
            await send(message)

        await application(scope, receive, sending)

    return ask(overtaken, path=path, query=query, application=application)


def test_each_gets_the_archive_that_he_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fetal_head.server.routes.images.take_in", lambda *_, **__: True)
    for query, meanwhile, content in (("", 1, b"all images"), ("limit_cases=1", None, b"some")):
        study = _Study(tmp_path)
        answer = _ask(study, "/datastore/dataset", partial(study.get_dataset_archive, meanwhile), query)
        assert (answer.status, answer.body, answer.headers["content-length"]) == (200, content, str(len(content)))
        assert answer.headers["content-disposition"] == 'attachment; filename="dataset.zip"'


@pytest.mark.parametrize("change", ["removed", "replaced"])
def test_an_image_is_sent_whole_while_it_is_removed_or_replaced(tmp_path: Path, change: str) -> None:
    study = _Study(tmp_path)
    (tmp_path / "new").write_bytes(b"another, larger one")

    def meanwhile() -> None:
        study.image.unlink() if change == "removed" else (tmp_path / "new").replace(study.image)

    answer = _ask(study, "/datastore/image", meanwhile, "image=a")
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"an image", "8")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == "attachment; filename*=utf-8''J%C3%B6rg.png"


def test_an_image_that_is_gone_by_the_time_that_it_is_opened_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = _Study(tmp_path)
    monkeypatch.setattr("fetal_head.server.routes.images.existing", lambda *_: tmp_path / "gone.png")
    answer = _ask(study, "/datastore/image", lambda: None, "image=a")
    assert (answer.status, answer.body) == (404, b'{"detail":"the file gone.png is gone"}')
