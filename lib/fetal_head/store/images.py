"""Images that come and go through the server."""

from __future__ import annotations

import re
import shutil
import time
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from fetal_head.datasets.names import DEVICE
from fetal_head.files import suffix_of, sync, temporary_in
from fetal_head.imaging import EXTENSIONS, read_image
from fetal_head.stamp import ctime_of, stamp_of
from fetal_head.store.errors import StoreError, not_read, told
from fetal_head.store.files.changes import FileChanges
from fetal_head.store.files.layout import HISTORY, Layout, Picture
from fetal_head.store.files.names import why_not
from fetal_head.store.labels.adding import last_number, write_facts
from fetal_head.store.labels.queries import image_of
from fetal_head.store.labels.settling import mark, settle
from fetal_head.store.labels.strangers import take_strangers
from fetal_head.store.labels.submissions import live_image, patient_in, write_image_facts
from fetal_head.store.said import FLAG, SKIPPED, SPACING, SPACING_OF, check_image_info, check_said
from fetal_head.store.sql.tables import Image, Reservation, Submission
from fetal_head.store.store import Store

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]{0,199}(?<![. ])")
# what the store itself says of an image, see `queries.image_info`
COMPOSED = ("name", "path")
# what is said of it in nobody else's name, see `worklist/set_aside`
RESERVED = (*COMPOSED, FLAG, SKIPPED, SPACING_OF)


def check_name(what: str, name: str) -> None:
    """Raises StoreError (422) for an id or a tag that is no plain name."""
    if not isinstance(name, str) or not _NAME.fullmatch(name) or DEVICE.fullmatch(name):
        allowed = "letters, digits, '_', '-', '.' and blanks are, the last of them a letter, digit, '_' or '-'"
        raise StoreError(422, f"the {what} {str(name)[:200]!r} is not accepted: {allowed}, and no name of a device of Windows")


def check_tag(tag: str) -> None:
    """Raises StoreError (422) for a tag that no label can have."""
    check_name("tag", tag)
    if tag == HISTORY:
        raise StoreError(422, f"the tag '{HISTORY}' is not accepted: it is the folder of what was submitted before")


def add_image(store: Store, image_id: str, path: Path, info: dict[str, Any]) -> str:
    """Takes a copy of an image file into the study, and returns its id: by default the file's name.

    Raises:
        StoreError: 409 when there is an image of that id, 422 when the id is no plain name or the file no image, 503 when the
            system cannot read it now; or the disk does not take it.
    """
    suffix = suffix_of(path)
    image_id = image_id or path.name[: len(path.name) - len(suffix)]
    check_name("image id", image_id)
    if reason := why_not(image_id):
        raise StoreError(422, f"the image id '{image_id}' is not accepted: {reason}")
    try:
        if suffix not in EXTENSIONS:
            raise ValueError(f"{path.name} ends in none of {', '.join(EXTENSIONS)}")
        check_image_info(info)
        read_image(path)
    except ValueError as error:
        raise not_read(f"the image was not accepted: {error}", error) from error
    patient = patient_in(path)
    # hidden at first, so that nobody who looks at the folder takes half an image for one
    with told(store.database.name), temporary_in(store.layout.uploads) as upload:
        shutil.copyfile(path, upload)
        upload.chmod(0o644)
        sync(upload)
        told_of = {SPACING_OF: Picture.at(upload).digest()} if SPACING in info else {}
        _enter(store, image_id, upload, f"{image_id}{suffix}", _without_reserved(info) | told_of, patient)
    return image_id


def remove_image(store: Store, image_id: str) -> None:
    """Takes an image out of the study. Its file, its labels and all that is known of it go to its history.

    Raises:
        StoreError: there is no such image, or not any more (404); or somebody is writing one of its labels by hand (409).
    """
    with store.writing() as (session, files):
        image = live_image(session, image_id)
        if image.told_of != image.size:
            image.picture = None
        image.removed, image.size, image.mtime_ns = int(time.time()), 0, 0
        _delete_labels(session, files, store.layout, image_id)
        session.execute(delete(Reservation).where(Reservation.image == image_id))
        write_image_facts(files, store.layout, image)
        try:
            files.move(store.layout.folder / image.file, _retired(store.layout, image))
        except FileNotFoundError as error:
            raise StoreError(
                404, f"the file of the image '{image_id}' is gone: the study will soon leave it out by itself"
            ) from error


def update_image_info(store: Store, image_id: str, info: dict[str, Any]) -> None:
    """Lays `info` over what is known of an image.

    Raises:
        StoreError: 404 when there is none, 422 for what makes no sense, 503 when a pixel size is told of a file that the system
            cannot read now.
    """
    with store.writing() as (session, files):
        image = live_image(session, image_id)
        try:
            check_image_info(info)
            # each addition may be short and all of them together long
            image.info = check_said({**image.info, **_without_reserved(info)})
            if SPACING in info:
                # of the file that is there now, which nobody may have looked at yet
                picture = Picture.at(store.layout.folder / image.file)
                stamp, digest = picture.stamp, picture.digest()
                image.info = {**image.info, SPACING_OF: digest}
                image.told_of = stamp.size if stamp else image.size
                if stamp != image.stamp:
                    # which picture that is nobody knows: not the one that was known, whose size would be taken from it
                    image.picture = None
                    mark(session, [image_id])
                elif image.picture is None and not last_number(session, image_id):
                    # with a mask the next look has more to do with it, without one it need not read it again
                    image.picture, image.ctime_ns = digest, ctime_of(picture.path)
        except (ValueError, OSError) as error:
            raise not_read(f"what is said of the image '{image_id}' was not accepted: {error}", error) from error
        write_image_facts(files, store.layout, image)


def _without_reserved(info: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in info.items() if key not in RESERVED}


def _enter(store: Store, image_id: str, upload: Path, name: str, info: dict[str, Any], patient: str | None) -> None:
    to = store.layout.folder / name
    with store.reading() as session:
        was_used = session.get(Image, image_id) is not None
    if was_used:
        _forget(store, image_id, to)
    with store.writing() as (session, files):
        _check_free(session, image_id)
        size, mtime_ns = stamp_of(upload) or (0, 0)
        told = info if patient is None else {"patient": patient, **info}
        known = {"info": told, "file_patient": patient, "told_of": size, "removed": None, "readings": 0}
        known |= {"picture": info.get(SPACING_OF), "ctime_ns": None}
        image = session.merge(Image(id=image_id, file=name, size=size, mtime_ns=mtime_ns, **known))
        mark(session, [image_id])
        write_image_facts(files, store.layout, image)
        # last: whatever is killed, no image is there without what was said of it
        try:
            files.move(upload, to)
        except FileExistsError as error:
            raise _taken(to) from error


def _forget(store: Store, image_id: str, to: Path) -> None:
    """Makes an id free of what was known of the picture that had it, whatever happens before another one has it.

    The labels of a picture that was taken away by hand stood until now, for the day on which it comes back.
    """
    with store.writing() as (session, files):
        _check_free(session, image_id)
        if to.exists():
            raise _taken(to)
        _delete_labels(session, files, store.layout, image_id)
        image = session.get_one(Image, image_id)
        image.info = {}
        write_image_facts(files, store.layout, image)


def _check_free(session: Session, image_id: str) -> None:
    """Raises StoreError (409) when there is an image of that id."""
    if image_of(session, image_id):
        raise StoreError(409, f"there is an image '{image_id}' already; choose another id, or remove that one first")


def _taken(to: Path) -> StoreError:
    return StoreError(409, f"the study folder holds a file {to.name} already; choose another id")


def _delete_labels(session: Session, files: FileChanges, layout: Layout, image_id: str) -> None:
    """Marks all that stands of an image's submissions as deleted, also what others wrote and nobody has looked at yet."""
    if left := take_strangers(session, files, layout, image_id, layout.tags()):
        path = layout.plain(left[0]).relative_to(layout.folder)
        raise StoreError(409, f"{path} cannot be read, or is being written and would be lost; try again in a few seconds")
    for row in session.scalars(select(Submission).where(Submission.image == image_id, Submission.deleted.is_(None))):
        row.deleted = int(time.time())
        write_facts(files, layout, row)
    settle(session, files, layout, image_id)


def _retired(layout: Layout, image: Image) -> Path:
    """A name for the file of a removed image that no earlier one of the same id has."""
    suffix = suffix_of(image.file)
    folder = layout.history / image.id
    return next(path for n in count(1) if not (path := folder / f"image-{n}{suffix}").exists())
