"""A client is given what it takes, and told when there is nothing that it takes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetal_head.dicomweb.media_types import MediaType, choose

JSON, PLAIN = MediaType("application/dicom+json"), MediaType("application/json")
PARTS, ALONE = (MediaType("application/octet-stream", is_multipart=many, has_syntax=True) for many in (True, False))
JPEG, PNG = MediaType("image/jpeg"), MediaType("image/png")
OHIF = "multipart/related; type=application/octet-stream; transfer-syntax=*"
LITTLE, BASELINE = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.50"


@pytest.mark.parametrize(
    ("accept", "offered", "chosen"),
    [
        ("", (JSON, PLAIN), JSON),
        ("*/*", (JSON, PLAIN), JSON),
        ("application/json", (JSON, PLAIN), PLAIN),
        ("application/dicom+json, application/json", (JSON, PLAIN), JSON),
        ("application/json;q=0.9, application/dicom+json;q=0.1", (JSON, PLAIN), PLAIN),
        ("application/*", (JSON, PLAIN), JSON),
        ("Application/DICOM+JSON", (JSON, PLAIN), JSON),
        ('multipart/related; type="application/dicom+xml"', (JSON, PLAIN), None),
        ("text/html, */*;q=0.1", (JSON, PLAIN), JSON),
        ("application/dicom+json;q=0, */*", (JSON,), None),
        (OHIF, (PARTS, ALONE), PARTS),
        ('multipart/related; type="application/octet-stream"', (PARTS, ALONE), PARTS),
        ('multipart/related; type="*/*"', (PARTS, ALONE), PARTS),
        ("multipart/related", (PARTS, ALONE), PARTS),
        ("application/octet-stream", (PARTS, ALONE), ALONE),
        ('multipart/related; type="image/jpeg"', (PARTS, ALONE), None),
        (f"application/octet-stream; transfer-syntax={LITTLE}", (PARTS, ALONE), ALONE),
        (f'multipart/related; type="application/octet-stream"; transfer-syntax={BASELINE}', (PARTS, ALONE), None),
        ("image/png", (JPEG, PNG), PNG),
        ("image/*", (JPEG, PNG), JPEG),
        ("image/webp, image/png;q=0.5, image/jpeg;q=0.4", (JPEG, PNG), PNG),
        # a parameter in pieces, as mails have them, beside one that is whole
        ("image/png; type*=utf-8''a; type*0*=b", (JPEG, PNG), PNG),
        ('image/png; type="a;q=0"; Q = 0.5, image/jpeg; q="0.4"', (JPEG, PNG), PNG),
    ],
)
def test_choice(accept: str, offered: tuple[MediaType, ...], chosen: MediaType | None) -> None:
    assert choose(accept, offered) == chosen


@given(st.text(max_size=60))
def test_nothing_breaks_it(accept: str) -> None:
    assert choose(accept, (PARTS, ALONE)) in (PARTS, ALONE, None)


def test_no_list_takes_long() -> None:
    started = time.thread_time()
    for accept in ("," * 60_000, ";" * 60_000, '"' * 60_001, "a/b," * 15_000, '",' * 30_000):
        choose(accept, (PARTS, ALONE))
    assert time.thread_time() - started < 2
