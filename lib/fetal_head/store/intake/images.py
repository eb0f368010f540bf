"""Images that were copied into the study folder, replaced or removed by hand."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from sqlalchemy import case, delete, insert, select, update
from sqlalchemy.orm import Session

from fetal_head.batched import batched
from fetal_head.imaging.dicom_patient import read_patient
from fetal_head.pseudonym import pseudonym
from fetal_head.stamp import Stamp, ctime_of, stamp_of
from fetal_head.store.files.facts import read_image_facts
from fetal_head.store.files.layout import Layout, Picture
from fetal_head.store.intake.index import Index, IndexFor
from fetal_head.store.labels.settling import mark
from fetal_head.store.labels.strangers import cannot_be_read
from fetal_head.store.labels.submissions import write_image_facts
from fetal_head.store.replaced import LOST, forget_size, name_patient
from fetal_head.store.said import FILE_SIZE, SPACING, told_spacing
from fetal_head.store.sql.database import ROWS_AT_ONCE
from fetal_head.store.sql.tables import Image, Reservation, Submission
from fetal_head.store.store import Store

logger = logging.getLogger(__name__)


class Known(NamedTuple):
    """What the database has of an image file."""

    file: str
    stamp: Stamp
    picture: str | None
    is_there: bool


class Read(NamedTuple):
    """What was read of an image whose file differs, before the transaction, which others wait for.

    Attributes:
        patient: as the file itself tells.
        said: what the index says of an image that came, and an upload that was killed before its commit.
        told_of: the size of the file whose pixel size that is; None where nobody says.
        is_same: whether it is the picture that it was; None where nobody knows which it was, or is.
        ctime_ns: when it was last changed or renamed; None where it is gone.
    """

    patient: str | None
    said: dict[str, Any]
    told_of: int | None
    is_same: bool | None
    ctime_ns: int | None


Files = Mapping[str, tuple[str, Stamp]]


def take_in_images(store: Store, index: IndexFor, quiet_for: float) -> bool:
    """Adds, updates and marks as removed what differs between folder and database; False when a file is not quiet yet.

    Files are compared twice: outside a transaction to find what differs, which can take long, and inside to be sure that
    it is not an upload that is just going on.
    """
    with store.reading() as session:
        known = _known(session)
    found = store.layout.image_files(lambda image: _file(store.layout, image, known))
    all_differing = [i for i in found.keys() | known.keys() if _differs(found.get(i), known.get(i))]
    differing = [i for i in all_differing if i not in found or found[i][1].is_quiet(quiet_for)]
    are_quiet = len(differing) == len(all_differing)
    if not differing:
        return are_quiet
    all_read = {i: _read(store.layout, i, *found[i], known.get(i), index) for i in differing if i in found}
    read = {i: told for i, told in all_read.items() if told}
    with store.writing() as (session, files):
        known = _known(session)
        now = {i: file for i in differing if (file := _again(store.layout, found.get(i), known.get(i)))}
        # what became of one since it was read is left to the next look
        as_read = [i for i in differing if now.get(i) == found.get(i) and (i in read or i not in found)]
        for image in _apply(session, read, now, known, [i for i in as_read if _differs(now.get(i), known.get(i))]):
            write_image_facts(files, store.layout, image)
    return are_quiet and len(as_read) == len(differing)


def say_of_images(session: Session, index: Index) -> None:
    """Takes over what an index says of images and the database does not know."""
    for row in session.scalars(select(Image)):
        said, told_of = _said(index, row.id)
        if news := said.keys() - row.info.keys():
            row.info = {**said, **row.info}
            row.told_of = told_of or row.size or None if SPACING in news else row.told_of


def _said(index: Index, image_id: str) -> tuple[dict[str, Any], int | None]:
    """What an index says of an image, and the size of the file that it says it of."""
    said = dict(index.images.get(image_id, {}))
    return said, said.pop(FILE_SIZE, None)


def _read(layout: Layout, image_id: str, file: str, stamp: Stamp, known: Known | None, index: IndexFor) -> Read | None:
    """None for a file that the system cannot read now, which is left to the next look."""
    path, said, told_of = layout.folder / file, dict[str, Any](), None
    before, digest, ctime_ns = known.picture if known else None, None, ctime_of(path)
    try:
        if known is None or not known.is_there:
            facts = read_image_facts(layout.image_facts(image_id))
            said, told_of = _said(index(known is not None), image_id)
            said, told_of = {**said, **facts.get("info", {})}, facts.get("told_of", told_of)
        patient = read_patient(path)
    except OSError as error:
        if not isinstance(error, FileNotFoundError):
            cannot_be_read(path, error)
        return None
    with suppress(OSError):
        digest = Picture(path, stamp).digest() if before else None
    return Read(patient, said, told_of, digest == before if before and digest else None, ctime_ns)


def _known(session: Session) -> dict[str, Known]:
    rows = session.execute(select(Image.id, Image.file, Image.size, Image.mtime_ns, Image.picture, Image.removed))
    return {i: Known(file, Stamp(size, mtime_ns), picture, removed is None) for i, file, size, mtime_ns, picture, removed in rows}


def _file(layout: Layout, image_id: str, known: Mapping[str, Known]) -> str | None:
    """The name of an image's file, as far as anything tells it."""
    return known[image_id].file if image_id in known else read_image_facts(layout.image_facts(image_id)).get("file")


def _differs(found: tuple[str, Stamp] | None, known: Known | None) -> bool:
    if found is None:
        return known is not None and known.is_there
    return known is None or not known.is_there or found != (known.file, known.stamp)


def _again(layout: Layout, found: tuple[str, Stamp] | None, known: Known | None) -> tuple[str, Stamp] | None:
    """The file of an image as it is now."""
    for name in [found[0]] if found else [known.file] if known else []:
        if stamp := stamp_of(layout.folder / name):
            return name, stamp
    return None


def _apply(
    session: Session, read: Mapping[str, Read], found: Files, known: Mapping[str, Known], differing: Iterable[str]
) -> list[Image]:
    """Returns the images of which not all holds any more that was said."""
    new, gone, unsaid = [], [], []
    for image_id in differing:
        if image_id not in found:
            gone.append(image_id)
        elif image_id not in known:
            new.append(image_id)
        else:
            unsaid += _update(session, image_id, *found[image_id], read[image_id])
    if new:
        session.execute(insert(Image), [_row(i, *found[i], read[i]) for i in sorted(new)])
        logger.info("%d images were found in the study folder", len(new))
    _remove(session, gone)
    return unsaid


def _row(image_id: str, file: str, stamp: Stamp, read: Read) -> dict[str, object]:
    info = read.said if read.patient is None else {"patient": read.patient, **read.said}
    said = {"info": info, "file_patient": read.patient, "told_of": read.told_of or stamp.size}
    return {"id": image_id, "file": file, **stamp._asdict(), **said, "removed": None, "readings": 0}


def _update(session: Session, image_id: str, file: str, stamp: Stamp, read: Read) -> list[Image]:
    image = session.get_one(Image, image_id)
    is_other = read.is_same is False and image.size in (0, stamp.size)
    image.picture, image.ctime_ns = (image.picture, read.ctime_ns) if read.is_same else (None, None)
    image.file, image.size, image.mtime_ns, image.removed = file, stamp.size, stamp.mtime_ns, None
    was_told = is_other and forget_size(image)
    if told_spacing(image.info) is None or image.told_of is None:
        image.told_of = read.told_of or stamp.size
    image.info = {**read.said, **image.info}
    is_of_another = name_patient(image, read.patient)
    mark(session, [image_id])
    if image.readings and not read.is_same:
        message = "the image %s was replaced, or came back; nobody knows any more which picture its labels were made for"
        logger.warning(message, pseudonym(image_id))
    if has_lost_size := was_told or (bool(told_spacing(image.info)) and image.told_of != stamp.size):
        logger.warning(LOST, pseudonym(image_id))
    return [image] if is_of_another or has_lost_size else []


def _remove(session: Session, gone: list[str]) -> None:
    """Their rows and labels stay, for the day on which they come back."""
    for some in batched(gone, ROWS_AT_ONCE):
        # by the picture whose pixel size was told another one of that size is told apart, should it come in its place
        picture = case((Image.told_of == Image.size, Image.picture))
        removed = update(Image).where(Image.id.in_(some))
        session.execute(removed.values(removed=int(time.time()), size=0, mtime_ns=0, picture=picture, readings=0))
        session.execute(update(Submission).where(Submission.image.in_(some)).values(current=False))
        session.execute(delete(Reservation).where(Reservation.image.in_(some)))
    if gone:
        logger.warning("%d images are no longer in the study folder", len(gone))
