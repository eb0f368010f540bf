"""What is downloaded of a study, while others download too."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from asgi import Answer, ask
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from fetal_head.server.images import image_routes


class _Study:
    """Writes the one file of all archives."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "dataset.zip"

    def get_dataset_archive(self, limit_cases: int | None) -> str:
        written = self.file.with_suffix(".new")
        written.write_bytes(b"all images" if limit_cases is None else b"some")
        written.replace(self.file)
        return str(self.file)


def _ask(study: _Study, query: str, meanwhile: int | None) -> Answer:
    """The answer while another one is asked for just before the first byte is sent."""
    application = FastAPI()
    application.state.login = None
    application.include_router(image_routes(SimpleNamespace(datastore=lambda: study)))

    async def overtaken(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                study.get_dataset_archive(meanwhile)
            await send(message)

        await application(scope, receive, sending)

    return ask(overtaken, path="/datastore/dataset", query=query, application=application)


def test_each_gets_the_archive_that_he_asked_for(tmp_path: Path) -> None:
    for query, meanwhile, content in (("", 1, b"all images"), ("limit_cases=1", None, b"some")):
        answer = _ask(_Study(tmp_path), query, meanwhile)
        assert (answer.status, answer.body, answer.headers["content-length"]) == (200, content, str(len(content)))
        assert answer.headers["content-disposition"] == 'attachment; filename="dataset.zip"'
