"""A mask with what is known of it, on its way into the history. Nothing is ever overwritten."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fetal_head.stamp import stamp_of
from fetal_head.store.files.changes import FileChanges
from fetal_head.store.files.facts import as_bytes, submission_facts
from fetal_head.store.files.layout import Layout
from fetal_head.store.labels.rebuilding import take_leftovers
from fetal_head.store.people import ANONYMOUS
from fetal_head.store.sql.tables import SUBMITTED, Image, Submission

SECOND = 1_000_000_000


@dataclass(frozen=True)
class Draft:
    """A mask to be submitted: its file, and what is known of it (see `Submission`).

    Attributes:
        replaces: number of the label that its annotator saw as the current one, 0 for none; None where nobody told.
        mtime_ns: of its file, for one that lies in the study folder already.
    """

    content: bytes
    suffix: str
    who: str = ANONYMOUS
    annotated: list[str] | None = None
    seconds: float | None = None
    model: str | None = None
    info: dict[str, Any] = field(default_factory=dict)
    replaces: int | None = None
    mtime_ns: int | None = None


def add(session: Session, files: FileChanges, layout: Layout, image: str, tag: str, draft: Draft, number: int) -> Submission:
    """Adds a submission within a transaction, under a number that the image's history does not have."""
    kept = layout.kept(image, number, draft.suffix)
    files.put(kept, draft.content, mtime_ns=draft.mtime_ns, mode=0o444)
    size, mtime_ns = stamp_of(kept) or (0, 0)
    row = Submission(
        image=image,
        number=number,
        tag=tag,
        picture=_picture(session, image),
        suffix=draft.suffix,
        sha256=sha256(draft.content).hexdigest(),
        size=size,
        mtime_ns=mtime_ns,
        who=draft.who,
        at=int(time.time()) if draft.mtime_ns is None else draft.mtime_ns // SECOND,
        model=draft.model,
        annotated=draft.annotated,
        seconds=draft.seconds,
        status=SUBMITTED,
        comment="",
        reviewer="",
        current=False,
        info=draft.info,
    )
    session.add(row)
    return row


def _picture(session: Session, image_id: str) -> str | None:
    """What a mask is made for: the picture that is there, or was last there."""
    image = session.get_one(Image, image_id)
    if image.removed is None:
        return image.picture
    past = select(Submission.picture).where(Submission.image == image_id).order_by(Submission.number.desc())
    return session.scalar(past.limit(1))


def next_number(session: Session, files: FileChanges, layout: Layout, image: str) -> int:
    """The number of an image's next submission, once what a crash left behind in its history is put right."""
    return take_leftovers(session, files, layout, image, last_number(session, image)) + 1


def last_number(session: Session, image_id: str) -> int:
    """The number of an image's last submission; 0 when there is none."""
    return session.scalar(select(func.max(Submission.number)).where(Submission.image == image_id)) or 0


def write_facts(files: FileChanges, layout: Layout, row: Submission) -> None:
    """Writes what is known of a submission beside its mask."""
    path = layout.facts(row.image, row.number)
    if path.exists():
        files.alter(row.image)
    files.put(path, as_bytes(submission_facts(row)))
