"""Images that were copied into the study folder, replaced or removed by hand."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from fetal_head.batched import batched
from fetal_head.imaging.dicom_patient import read_patient
from fetal_head.pseudonym import pseudonym
from fetal_head.stamp import Stamp, stamp_of
from fetal_head.store.database import ROWS_AT_ONCE
from fetal_head.store.facts import read_image
from fetal_head.store.index import Index
from fetal_head.store.layout import Layout
from fetal_head.store.said import SPACING, told_spacing
from fetal_head.store.settling import mark
from fetal_head.store.store import Store
from fetal_head.store.tables import Image, Reservation, Submission

logger = logging.getLogger(__name__)


class Known(NamedTuple):
    """What the database has of an image file."""

    file: str
    stamp: Stamp
    is_there: bool


Files = Mapping[str, tuple[str, Stamp]]
Said = Mapping[str, dict[str, Any]]


def take_in_images(store: Store, index: Index, quiet_for: float) -> bool:
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
    # before the transaction, which others wait for
    came = [i for i in differing if i in found and (i not in known or not known[i].is_there)]
    said = {i: _said(store.layout, i, found[i][0], index) for i in came}
    with store.writing() as (session, _):
        known = _known(session)
        now = {i: file for i in differing if (file := _again(store.layout, found.get(i), known.get(i)))}
        _apply(session, said, now, known, [i for i in differing if _differs(now.get(i), known.get(i))])
    return are_quiet


def say_of_images(session: Session, index: Index) -> None:
    """Takes over what an index says of images and the database does not know."""
    for row in session.scalars(select(Image)):
        said = index.images.get(row.id, {})
        if news := said.keys() - row.info.keys():
            row.info = {**said, **row.info}
            row.told_of = row.size if SPACING in news else row.told_of


def _said(layout: Layout, image_id: str, file: str, index: Index) -> dict[str, Any]:
    """What is known of an image that came: by its file, by the index, and by an upload that was killed before its commit."""
    patient = {"patient": name} if (name := read_patient(layout.folder / file)) else {}
    return {**patient, **index.images.get(image_id, {}), **read_image(layout.image_facts(image_id)).get("info", {})}


def _known(session: Session) -> dict[str, Known]:
    rows = session.execute(select(Image.id, Image.file, Image.size, Image.mtime_ns, Image.removed))
    return {i: Known(file, Stamp(size, mtime_ns), removed is None) for i, file, size, mtime_ns, removed in rows}


def _file(layout: Layout, image_id: str, known: Mapping[str, Known]) -> str | None:
    """The name of an image's file, as far as anything tells it."""
    return known[image_id].file if image_id in known else read_image(layout.image_facts(image_id)).get("file")


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


def _apply(session: Session, said: Said, found: Files, known: Mapping[str, Known], differing: Iterable[str]) -> None:
    new, gone = [], []
    for image_id in differing:
        if image_id not in found:
            gone.append(image_id)
        elif image_id not in known:
            new.append(image_id)
        else:
            _update(session, image_id, *found[image_id], said.get(image_id, {}))
    if new:
        session.execute(insert(Image), [_row(i, *found[i], said.get(i, {})) for i in sorted(new)])
        logger.info("%d images were found in the study folder", len(new))
    _remove(session, gone)


def _row(image_id: str, file: str, stamp: Stamp, info: dict[str, Any]) -> dict[str, object]:
    return {"id": image_id, "file": file, **stamp._asdict(), "info": info, "told_of": stamp.size, "removed": None, "readings": 0}


def _update(session: Session, image_id: str, file: str, stamp: Stamp, said: dict[str, Any]) -> None:
    image = session.get_one(Image, image_id)
    image.picture = None
    image.file, image.size, image.mtime_ns, image.removed = file, stamp.size, stamp.mtime_ns, None
    if told_spacing(image.info) is None or image.told_of is None:
        image.told_of = stamp.size
    image.info = {**said, **image.info}
    mark(session, [image_id])
    if told_spacing(image.info) and image.told_of != stamp.size:
        message = "the image %s is another file than the one whose pixel size was told: its own is unknown until it is told"
        logger.warning(message, pseudonym(image_id))
    if image.readings:
        message = "the image %s was replaced, or came back; nobody knows any more which picture its labels were made for"
        logger.warning(message, pseudonym(image_id))


def _remove(session: Session, gone: list[str]) -> None:
    """Their rows and labels stay, for the day on which they come back."""
    for some in batched(gone, ROWS_AT_ONCE):
        removed = update(Image).where(Image.id.in_(some))
        session.execute(removed.values(removed=int(time.time()), size=0, mtime_ns=0, picture=None, readings=0))
        session.execute(update(Submission).where(Submission.image.in_(some)).values(current=False))
        session.execute(delete(Reservation).where(Reservation.image.in_(some)))
    if gone:
        logger.warning("%d images are no longer in the study folder", len(gone))
