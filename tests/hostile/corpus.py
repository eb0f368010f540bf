"""Every hostile request, made anew by code each time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hostile.attack import ACCEPTED, EITHER, REFUSED, Attack, File, sends_json, upload, url, within
from hostile.dicoms import dicom, dicom_files
from hostile.dicomweb import dicomweb_attacks
from hostile.masks import mask_files
from hostile.protocol import protocol_attacks
from hostile.rasters import GREY, picture, raster_files
from hostile.strings import DOUBLE_JSON, NOT_JSON, STRANGE_JSON, TEXTS, WRONG_INFER, WRONG_INFO, WRONG_PARAMS, names
from hostile.volumes import nifti, nifti_files, nrrd, nrrd_files, nrrd_of

IMAGE = "/datastore/image"
# an empty field is the same as none, and what readers of forms and JSON make of other encodings is theirs
HARMLESS = ("nothing", "number without end", "byte order mark", "latin 1", "utf-16")
LABEL = "/datastore/label"


def hostile_files(secret: Path, mask: NDArray[np.uint8]) -> Iterator[File]:
    """Every hostile file; `mask` is one of the study's image."""
    yield from raster_files()
    yield from nrrd_files(secret)
    yield from nifti_files()
    yield from dicom_files()
    yield from mask_files(mask)
    yield from _cut()


def attacks(image: str, mask: NDArray[np.uint8], secret: Path) -> Iterator[Attack]:
    """Every hostile request to a server whose study has the image `image`, of which `mask` is a mask."""
    label = nrrd_of(mask[None], "uint8")
    for number, file in enumerate(hostile_files(secret, mask)):
        if file.label is None:
            target = url(IMAGE, image=f"hostile-{number}")
            yield upload(f"image: {file.name}", target, [("file", file.filename, file.content)], file.image)
        if file.label is not None or file.filename in ("a.png", "a.nrrd", "a.nii", "a.nii.gz"):
            # an image is no mask of another one either
            expected = file.label or REFUSED
            yield upload(f"label: {file.name}", url(LABEL, image=image), [("label", file.filename, file.content)], expected)
    yield from _names(image, label, secret)
    yield from _said(image, label)
    yield from protocol_attacks(image, secret)
    yield from dicomweb_attacks(secret)


def _cut() -> Iterator[File]:
    kinds = {
        "a.png": picture(GREY),
        "a.jpg": picture(GREY, "JPEG"),
        "a.tif": picture(GREY, "TIFF"),
        "a.bmp": picture(GREY, "BMP"),
        "a.nrrd": nrrd(),
        "a.nii": nifti(),
        "a.dcm": dicom(),
    }
    random = np.random.default_rng(7)
    for filename, content in kinds.items():
        for tenth in range(10):
            yield File(f"{filename} cut at {tenth} tenths", filename, content[: len(content) * tenth // 10])
        start = 132 if filename.endswith("dcm") else 348 if filename.endswith("nii") else 8
        # behind a whole header any bytes are pixels
        expected = EITHER if filename == "a.nii" else REFUSED
        yield File(f"{filename} of chance", filename, content[:start] + random.bytes(5000), expected, REFUSED)


def _names(image: str, label: bytes, secret: Path) -> Iterator[Attack]:
    png = picture(GREY)
    for what, name in names(secret).items():
        yield upload(f"image id: {what}", url(IMAGE, image=name), [("file", "a.png", png)], REFUSED)
        yield upload(f"tag: {what}", url(LABEL, image=image, tag=name), [("label", "m.nrrd", label)], REFUSED)
        yield upload(f"labelled image: {what}", url(LABEL, image=name), [("label", "m.nrrd", label)], REFUSED)
        yield Attack(f"infer: {what}", "POST", url("/infer/fetal_head", image=name))
        yield Attack(f"infer model: {what}", "POST", url(f"/infer/{within(name)}", image=image))
        yield sends_json(f"strategy: {what}", f"/activelearning/{within(name)}", {}, REFUSED)
        yield Attack(f"session: {what}", "GET", f"/session/{within(name)}", expected=EITHER if name in (".", "..") else REFUSED)
        yield Attack(f"remove session: {what}", "DELETE", f"/session/{within(name)}")
        yield Attack(f"model: {what}", "GET", f"/model/{within(name)}")
        yield Attack(f"history: {what}", "GET", f"/history/{within(name)}")
        for method, path, query in (
            ("GET", IMAGE, {"image": name}),
            ("HEAD", IMAGE, {"image": name}),
            ("GET", f"{IMAGE}/info", {"image": name}),
            ("DELETE", IMAGE, {"id": name}),
            ("GET", LABEL, {"label": name, "tag": "final"}),
            ("GET", LABEL, {"label": image, "tag": name}),
            ("GET", f"{LABEL}/info", {"label": image, "tag": name}),
            ("DELETE", LABEL, {"id": image, "tag": name}),
        ):
            expected = EITHER if path.endswith("info") else REFUSED
            yield Attack(
                f"{method} {path} {list(query.values()).index(name) if len(query) > 1 else 0}: {what}",
                method,
                url(path, **query),
                expected=expected,
            )
        filename = name.replace('"', "").replace("\r", "").replace("\n", "")
        number = what.replace(" ", "-")
        yield upload(f"file name: {what}", url(IMAGE, image=f"named-{number}"), [("file", filename, png)], EITHER)
        yield upload(f"file name of an image without an id: {what}", IMAGE, [("file", f"{filename}.png", png)], EITHER)


def _said(image: str, label: bytes) -> Iterator[Attack]:
    info = url(f"{IMAGE}/info", image=image)
    for what, content in NOT_JSON.items():
        # an empty field is the same as none
        expected = EITHER if what in HARMLESS else REFUSED
        yield upload(
            f"params: {what}", url(LABEL, image=image), [("params", None, content), ("label", "m.nrrd", label)], expected
        )
        yield upload(
            f"infer params: {what}", url("/infer/fetal_head", image=image), [("params", None, content)], expected, "POST"
        )
        yield upload(f"info: {what}", info, [("info", None, content)], expected)
        yield sends_json(f"next sample: {what}", "/activelearning/first", content, expected)
    for what, text in STRANGE_JSON.items():
        parts = [("params", None, text.encode())]
        yield upload(f"params: {what}", url(LABEL, image=image), [*parts, ("label", "m.nrrd", label)], REFUSED)
        yield upload(f"infer params: {what}", url("/infer/fetal_head", image=image), parts, EITHER, "POST")
        yield upload(f"info: {what}", info, [("info", None, text.encode())], REFUSED)
        who = text.replace('"x"', '"client_id"')
        yield sends_json(
            f"next sample: {what}", "/activelearning/first", who.encode(), REFUSED if '"client_id"' in who else EITHER
        )
    double = [("params", None, DOUBLE_JSON.encode()), ("label", "m.nrrd", label)]
    yield upload("params: a key twice", url(LABEL, image=image), double, ACCEPTED)
    for key, value in WRONG_PARAMS:
        body = _json({key: value})
        sent = [("params", None, body), ("label", "m.nrrd", label)]
        yield upload(f"params: {key} {str(value)[:20]}", url(LABEL, image=image), sent, REFUSED)
    for key, value in WRONG_INFO:
        yield upload(f"info: {key} {str(value)[:20]}", info, [("info", None, _json({key: value}))], REFUSED)
    for key, value in WRONG_INFER:
        sent = [("params", None, _json({key: value}))]
        expected = EITHER if not value else REFUSED
        yield upload(f"infer: {key} {str(value)[:20]}", url("/infer/fetal_head", image=image), sent, expected, "POST")
    for text in TEXTS:
        parts = [("params", None, _json({"client_id": text, "comment": text, text or "x": text})), ("label", "m.nrrd", label)]
        yield upload(f"text in params: {text}", url(LABEL, image=image), parts, ACCEPTED)
        yield upload(f"text in info: {text}", info, [("info", None, _json({"patient": text, "note": text}))], ACCEPTED)
        yield sends_json(f"comment: {text}", f"/history/{image}/1/status", {"status": "submitted", "comment": text}, EITHER)
    for status in (5, None, "fine", [], {"a": 1}):
        yield sends_json(f"status: {status}", f"/history/{image}/1/status", {"status": status}, REFUSED)
    for number in ("0", "-1", "99999999999999999999999999", "1.5", "nan", "1;drop"):
        yield Attack(f"number: {number}", "GET", f"/history/{image}/{within(number)}/label")
        yield Attack(f"show: {number}", "GET", f"/history/{image}/{within(number)}")
        yield Attack(f"diff: {number}", "GET", f"/history/{image}/diff?first=1&second={within(number)}")
        yield Attack(f"restore: {number}", "POST", f"/history/{image}/{within(number)}/restore")


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
