"""What a change of something that was known leaves when it is cut off between its files and its commit."""

from __future__ import annotations

import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal_head.files import strays_among
from fetal_head.pseudonym import pseudonym
from fetal_head.stamp import stamp_of
from fetal_head.store.files.changes import ALTERING, FileChanges
from fetal_head.store.files.facts import image_facts, read_facts, submission_facts
from fetal_head.store.files.layout import Layout
from fetal_head.store.labels.adding import write_facts
from fetal_head.store.labels.settling import settle
from fetal_head.store.labels.submissions import write_image_facts
from fetal_head.store.sql.tables import Image, Submission
from fetal_head.store.store import Store

logger = logging.getLogger(__name__)


def put_right(store: Store) -> None:
    """Writes what is known of such images as the database has it: what is not in there was never acknowledged."""
    for note in strays_among(store.layout.writing.glob(f"{ALTERING}*")):
        with store.writing(many=True) as (session, files):
            for image_id in note.read_text(encoding="utf-8").split("\n"):
                _put_right(session, files, store.layout, image_id)
        note.unlink()


def _put_right(session: Session, files: FileChanges, layout: Layout, image_id: str) -> None:
    image = session.get(Image, image_id)
    if image is None:
        return
    # of one that is away its file alone tells, such as an upload that was cut off: it is taken in with what was said
    if image.removed is None:
        _put_back(files, layout, image)
    for row in session.scalars(select(Submission).where(Submission.image == image_id)).all():
        if read_facts(layout.facts(image_id, row.number)) != submission_facts(row):
            write_facts(files, layout, row)
    settle(session, files, layout, image_id)
    logger.warning("a change of the image %s was cut off before it was acknowledged: all of it is as before", pseudonym(image_id))


def _put_back(files: FileChanges, layout: Layout, image: Image) -> None:
    """The file of an image that is there, and what is known of it."""
    path = layout.folder / image.file
    retired = [kept for kept in layout.history.joinpath(image.id).glob("image-*") if stamp_of(kept) == image.stamp]
    if retired and not path.exists():
        files.move(retired[-1], path)
    if read_facts(layout.image_facts(image.id)) not in (None, image_facts(image)):
        write_image_facts(files, layout, image)
