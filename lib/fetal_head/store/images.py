"""Images that come and go through the server."""

from __future__ import annotations

import os
import re
import shutil
import time
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select

from fetal_head.files import replacing, suffix_of
from fetal_head.imaging import EXTENSIONS, read_image
from fetal_head.store.errors import StoreError
from fetal_head.store.facts import as_bytes, image_facts
from fetal_head.store.layout import Layout, stamp_of
from fetal_head.store.settling import settle
from fetal_head.store.store import Store
from fetal_head.store.submissions import live_image, write_facts
from fetal_head.store.tables import Image, Reservation, Submission

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]{0,199}")
# what the store itself says of an image, see `queries.image_info`
COMPOSED = ("name", "path")
# mm; a pixel of a head is a fraction of one
LARGEST_PIXEL = 100.0


def check_name(what: str, name: str) -> None:
    """Raises StoreError (422) for an id or a tag that is no plain name."""
    if not _NAME.fullmatch(name):
        raise StoreError(422, f"the {what} {name!r} is not accepted: letters, digits, '_', '-', '.' and blanks are")


def add_image(store: Store, image_id: str, path: Path, info: dict[str, Any]) -> str:
    """Takes a copy of an image file into the study, and returns its id: by default the file's name.

    Raises:
        StoreError: 409 when there is an image of that id, 422 when the id is no plain name or the file no image.
    """
    suffix = suffix_of(path)
    image_id = image_id or path.name[: len(path.name) - len(suffix)]
    check_name("image id", image_id)
    info = _checked(info)
    try:
        read_image(path)
    except ValueError as error:
        raise StoreError(422, f"the image was not accepted: {error}") from error
    if suffix not in EXTENSIONS:
        raise StoreError(422, f"the image was not accepted: {path.name} ends in none of {', '.join(EXTENSIONS)}")
    # hidden at first, so that nobody who looks at the folder takes half an image for one
    upload = store.layout.hidden / "uploads" / f"{time.time_ns()}-{os.getpid()}-{image_id}{suffix}"
    try:
        with replacing(upload) as temporary:
            shutil.copyfile(path, temporary)
        _enter(store, image_id, upload, f"{image_id}{suffix}", info)
    finally:
        upload.unlink(missing_ok=True)
    return image_id


def remove_image(store: Store, image_id: str) -> None:
    """Takes an image out of the study. Its file, its labels and all that is known of it go to its history."""
    with store.writing() as (session, files):
        image = live_image(session, image_id)
        now = int(time.time())
        image.removed, image.size, image.mtime_ns = now, 0, 0
        for row in session.scalars(select(Submission).where(Submission.image == image_id, Submission.deleted.is_(None))):
            row.deleted = now
            write_facts(files, store.layout, row)
        session.execute(delete(Reservation).where(Reservation.image == image_id))
        settle(session, files, store.layout, image_id)
        files.put(store.layout.image_facts(image_id), as_bytes(image_facts(image)))
        files.move(store.layout.folder / image.file, _retired(store.layout, image))


def update_image_info(store: Store, image_id: str, info: dict[str, Any]) -> None:
    """Lays `info` over what is known of an image. Raises StoreError (404) when there is none, 422 for a strange `spacing`."""
    info = _checked(info)
    with store.writing() as (session, files):
        image = live_image(session, image_id)
        image.info = {**image.info, **info}
        files.put(store.layout.image_facts(image_id), as_bytes(image_facts(image)))


def _checked(info: dict[str, Any]) -> dict[str, Any]:
    """What a client may say of an image."""
    spacing = info.get("spacing")
    if spacing is not None:
        is_pair = isinstance(spacing, list) and len(spacing) == 2
        if not is_pair or not all(isinstance(mm, int | float) and 0 < mm < LARGEST_PIXEL for mm in spacing):
            raise StoreError(422, f"spacing was not accepted: it is [row mm, column mm] of one pixel, not {spacing!r}")
    return {key: value for key, value in info.items() if key not in COMPOSED}


def _enter(store: Store, image_id: str, upload: Path, name: str, info: dict[str, Any]) -> None:
    with store.writing() as (session, files):
        image = session.get(Image, image_id)
        if image is not None and image.removed is None:
            raise StoreError(409, f"there is an image '{image_id}' already; choose another id, or remove that one first")
        try:
            files.move(upload, store.layout.folder / name)
        except FileExistsError as error:
            raise StoreError(409, f"the study folder holds a file {name} already; choose another id") from error
        size, mtime_ns = stamp_of(store.layout.folder / name) or (0, 0)
        image = session.merge(Image(id=image_id, file=name, size=size, mtime_ns=mtime_ns, info=info, removed=None, readings=0))
        files.put(store.layout.image_facts(image_id), as_bytes(image_facts(image)))


def _retired(layout: Layout, image: Image) -> Path:
    """A name for the file of a removed image that no earlier one of the same id has."""
    suffix = suffix_of(image.file)
    folder = layout.history / image.id
    return next(path for n in count(1) if not (path := folder / f"image-{n}{suffix}").exists())
