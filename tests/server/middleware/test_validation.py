"""Odd bodies are refused, and not sent back."""

from __future__ import annotations

import pytest
from asking import NAME, ask

from serving import Server

pytestmark = pytest.mark.slow

JUDGE, NEXT = f"/history/{NAME}/1/status", "/activelearning/first"
JSON, TEXT = "application/json", "text/plain"


@pytest.mark.parametrize(
    ("path", "kind", "body", "place"),
    [
        (JUDGE, JSON, b'{"status": NaN}', ["body", "status"]),
        (JUDGE, JSON, b'{"status": 1e999}', ["body", "status"]),
        (JUDGE, JSON, b'{"status": "\\ud800"}', ["body", "status"]),
        (JUDGE, TEXT, b"\xff\xfe", ["body"]),
        (JUDGE, JSON, b'{"status": ', ["body", 11]),
        (NEXT, JSON, b"[NaN]", ["body"]),
        (NEXT, JSON, b'"\\udfff"', ["body"]),
        (NEXT, TEXT, b"\xff" * 900_000, ["body"]),
    ],
)
def test_what_no_json_can_hold_is_refused(border: Server, path: str, kind: str, body: bytes, place: list[object]) -> None:
    answer = ask(border, "POST", path, data=body, headers={"Content-Type": kind})
    assert answer.status_code == 422, answer.text
    for told in answer.json()["detail"]:
        assert (told.keys(), told["loc"]) == ({"type", "loc", "msg"}, place)
    assert len(answer.content) < 500
