"""Which submission is the label of a tag, and the plain file that shows it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from monailabel.interfaces.datastore import DefaultLabelTag
from sqlalchemy import BindParameter, Update, and_, bindparam, func, select, update
from sqlalchemy.orm import Session, aliased

from fetal_head.stamp import stamp_of
from fetal_head.store.files.changes import UNSETTLED, FileChanges
from fetal_head.store.files.layout import HISTORY, Label, Layout
from fetal_head.store.files.left_out import leave_out
from fetal_head.store.labels.standing import standing
from fetal_head.store.sql.tables import Image, Submission

FINAL, ORIGINAL = DefaultLabelTag.FINAL.value, DefaultLabelTag.ORIGINAL.value
# the session reads its rows again instead of working out what an update did to them
QUICKLY = {"synchronize_session": False}


def _steps() -> tuple[Update, ...]:
    ours, later = Submission, aliased(Submission)
    same = and_(later.image == ours.image, later.tag == ours.tag, standing(later))
    is_last = ~select(later).where(same, later.number > ours.number).correlate(ours).exists()
    these: BindParameter[str] = bindparam("images", expanding=True)
    is_there = ours.image.in_(select(Image.id).where(Image.id.in_(these), Image.removed.is_(None)))
    people = select(func.count(ours.who.distinct())).where(ours.image == Image.id, ours.tag == FINAL, standing(ours))
    return (
        # two steps, since a tag never has two current labels, not for a moment
        update(ours).where(ours.image.in_(these), ours.current).values(current=False),
        update(ours).where(is_there, standing(ours), is_last).values(current=True),
        update(Image).where(Image.id.in_(these)).values(readings=people.scalar_subquery()),
    )


# put together once: that takes longer than the database needs for an image
_STEPS = _steps()


def settle(session: Session, files: FileChanges, layout: Layout, image: str) -> None:
    """Called after every change of an image's submissions: marks the current ones and lays them out, one plain file a tag.

    What somebody else wrote into a plain file stays there for the next look at the folder, which takes it in.
    """
    mark(session, [image])
    rows = {label_of(row): row for row in current_labels(session, image).values()}
    s = Submission
    past = session.execute(select(s.tag, s.image, s.suffix).where(s.image == image).distinct())
    for label in [Label(*columns) for columns in past]:
        if not _is_ours(session, layout, label):
            continue
        if label in rows:
            put_plain(files, layout, rows[label])
        else:
            files.remove(layout.plain(label))


def _is_ours(session: Session, layout: Layout, label: Label) -> bool:
    """Whether a plain file is as the store left it, or gone; if not, a look at the folder is called for."""
    plain = layout.plain(label)
    stamp = stamp_of(plain)
    if stamp is None or stamp.mtime_ns == UNSETTLED:
        return True
    same = select(Submission).filter_by(**label._asdict(), **stamp._asdict())
    if session.scalar(same.limit(1)):
        return True
    # whoever writes into a file in place changes nothing that is watched
    os.utime(plain.parent)
    return False


def mark(session: Session, images: Sequence[str]) -> None:
    """Marks the current submission of each tag, the last that stands and is not rejected, and counts the readings."""
    session.flush()
    for step in _STEPS:
        session.execute(step, {"images": images}, execution_options=QUICKLY)
    session.expire_all()


def current_labels(session: Session, image: str) -> dict[str, Submission]:
    """The labels of an image: tag -> submission."""
    rows = session.scalars(select(Submission).where(Submission.image == image, Submission.current))
    return {row.tag: row for row in rows}


def put_plain(files: FileChanges, layout: Layout, row: Submission) -> bool:
    """Lays a kept mask out as the plain label of its tag. A copy, no link: tools write into files in place.

    A file that is UNSETTLED is never taken for the right one. False when the kept mask is gone: the rest of the study goes on.
    """
    plain = layout.plain(label_of(row))
    if stamp_of(plain) != (row.size, row.mtime_ns):
        try:
            content = layout.kept(row.image, row.number, row.suffix).read_bytes()
        except FileNotFoundError:
            leave_out(plain, f"the mask that it is made of is gone from labels/{HISTORY}: put it back from a backup")
            return False
        files.put_copy(plain, content, row.mtime_ns)
    return True


def label_of(row: Submission) -> Label:
    """The plain file of a submission."""
    return Label(row.tag, row.image, row.suffix)
