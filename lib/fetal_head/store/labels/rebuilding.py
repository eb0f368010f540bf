"""The database from the files alone."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal_head.batched import batched
from fetal_head.pseudonym import pseudonym
from fetal_head.store.files.changes import FileChanges
from fetal_head.store.files.facts import read_facts, read_image_facts, read_submission
from fetal_head.store.files.layout import Layout
from fetal_head.store.labels.settling import mark
from fetal_head.store.sql.database import ROWS_AT_ONCE
from fetal_head.store.sql.tables import Image, Submission

logger = logging.getLogger(__name__)


def adopt_history(session: Session, layout: Layout) -> None:
    """Takes in what the history tells of images and submissions that the database does not know."""
    for images in batched(layout.images_with_a_past(), ROWS_AT_ONCE):
        _adopt_images(session, layout, images)
        _adopt_submissions(session, layout, images)


def take_leftovers(session: Session, files: FileChanges, layout: Layout, image: str, last: int) -> int:
    """Puts right what a crash left in the history of an image after its `last` row, and returns the last number that is used.

    A mask with its facts is whole, and only its commit was missing: it becomes a submission. One without facts, which are
    written before any answer, was never acknowledged: it is removed.
    """
    left = {number: names for number, names in layout.numbers(image).items() if number > last}
    for number, names in left.items():
        row = _whole(layout, image, number)
        if row is not None:
            session.add(row)
        elif read_facts(layout.facts(image, number)) is None:
            for name in names:
                files.remove(layout.history / image / name)
    if left:
        mark(session, [image])
    return max(last, *layout.numbers(image), 0)


def _adopt_images(session: Session, layout: Layout, images: Sequence[str]) -> None:
    known = {image.id: image for image in session.scalars(select(Image).where(Image.id.in_(images)))}
    for image_id in images:
        facts = read_image_facts(layout.image_facts(image_id))
        image = known.get(image_id)
        if image is None:
            removed = facts.get("removed") or int(time.time())
            image = Image(id=image_id, file=facts.get("file", ""), size=0, mtime_ns=0, info={}, removed=removed, readings=0)
            session.add(image)
        image.info = {**image.info, **facts.get("info", {})}
        image.told_of = facts.get("told_of", image.told_of)


def _adopt_submissions(session: Session, layout: Layout, images: Sequence[str]) -> None:
    """Takes in the whole submissions of images that have no row."""
    session.flush()
    known = set(session.execute(select(Submission.image, Submission.number).where(Submission.image.in_(images))).tuples())
    for image in images:
        for number in layout.numbers(image):
            row = None if (image, number) in known else _whole(layout, image, number)
            if row is not None:
                session.add(row)
    mark(session, images)


def _whole(layout: Layout, image: str, number: int) -> Submission | None:
    """A submission from its files; None when they are not both there as they were written.

    Raises OSError for one that the system cannot read now: taken for gone it would count no more, or be removed as never
    acknowledged.
    """
    row = read_submission(layout.facts(image, number), image)
    if row is None or row.number != number:
        return None
    kept = layout.kept(image, number, row.suffix)
    if not kept.is_file() or sha256(kept.read_bytes()).hexdigest() != row.sha256:
        logger.warning("submission %d of the image %s is not what was submitted; it is left out", number, pseudonym(image))
        return None
    return row
