"""Hostile searches, identifiers and forms over DICOMweb."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hostile.attack import EITHER, Attack, url, within
from hostile.strings import names

WEB = "/dicom-web"
INSTANCE = f"{WEB}/studies/1.2/series/1.3/instances/1.4"


def dicomweb_attacks(secret: Path) -> Iterator[Attack]:
    """Requests that no viewer sends."""
    for what, text in names(secret).items():
        for keyword in ("PatientID", "PatientName", "StudyInstanceUID", "StudyDate", "limit", "offset", "includefield", "accept"):
            yield Attack(f"search by {keyword}: {what}", "GET", url(f"{WEB}/studies", **{keyword: text}), expected=EITHER)
        yield Attack(f"search by itself: {what}", "GET", url(f"{WEB}/instances", **{text: text}), expected=EITHER)
        yield Attack(f"study: {what}", "GET", f"{WEB}/studies/{within(text)}/metadata", expected=EITHER)
        yield Attack(f"frames: {what}", "GET", f"{INSTANCE}/frames/{within(text)}", expected=EITHER)
        yield Attack(f"image in DICOM: {what}", "GET", url("/datastore/image/dicom", image=text), expected=EITHER)
    for pattern in ("*%" * 2_000, "*a" * 2_000, "?" * 15_000, "[" * 1_000, "\\" * 1_001):
        yield Attack(f"pattern {pattern[:4]}", "GET", url(f"{WEB}/series", PatientName=pattern), expected=EITHER)
    lists = ";" * 5_000, '"' * 5_001, "a/b;" * 2_000, ",".join(["a/b"] * 5_000)
    for accept in ("*/*;q=nan", "multipart/related; type*=utf-8''%ff", *lists):
        yield Attack(f"accept {accept[:20]}", "GET", f"{WEB}/studies", headers={"Accept": accept}, expected=EITHER)
    many = "&".join(f"PatientID={n}" for n in range(5_000))
    yield Attack("an attribute 5,000 times", "GET", f"{WEB}/studies?{many}")
    yield Attack("5,000 UIDs", "GET", f"{WEB}/studies?StudyInstanceUID={','.join(['1.2'] * 5_000)}", expected=EITHER)
    for viewport in ("16384,16384", "1,1,0,0,99999,1", "9" * 400 + ",1", "1e9,1"):
        yield Attack(f"viewport {viewport[:12]}", "GET", url(f"{INSTANCE}/rendered", viewport=viewport))
