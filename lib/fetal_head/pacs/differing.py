"""The labels that are others here than the PACS was told; only what changed is looked at again."""

from __future__ import annotations

import json
import re

from sqlalchemy import and_, case, func, or_, select

from fetal_head.pacs.outbox import Outbox
from fetal_head.store.intake.scan import BORN
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.said import SPACING
from fetal_head.store.sql.tables import APPROVED, REJECTED, Image, Meta, Submission
from fetal_head.store.store import Store

# an image of a PACS is called by its instance, and perhaps a frame
PULLED = re.compile(r"[0-9.]+(\.f\d+)?")
# the label of an image whose labels are all withdrawn: the PACS may have to be told
NO_LABEL = ""
# less than the first change of an image
NOTHING = -1
# as `said.said_of_file` has it: what was told of another file says nothing of this one
COUNTING_SPACING = case((or_(Image.told_of.is_(None), Image.told_of == Image.size), Image.info[SPACING]))
# nobody knows whether it counts before the file that came was looked at
UNDECIDED = and_(Image.removed.is_(None), Image.picture.is_(None), Submission.deleted.is_(None), Submission.status != REJECTED)
# all of an image, whatever their tag: asked for one tag, SQLite would go through all that have it, once for each image
SUBMISSIONS = (
    select(Image.id, Submission.tag, Submission.current, UNDECIDED)
    .add_columns(Submission.number, Submission.sha256, Submission.annotated, Submission.who, Submission.model, Submission.at)
    .add_columns(Submission.status == APPROVED, COUNTING_SPACING)
    .join_from(Image, Submission)
)


class Differing:
    """What the PACS is still to be told.

    Attributes:
        labels: image -> all that its label and what is made of it depend on; None where it never had one. Who has told the
            PACS takes it out.
    """

    def __init__(self, store: Store, outbox: Outbox) -> None:
        self.labels: dict[str, str | None] = {}
        self._store = store
        self._outbox = outbox
        self._seen: int = NOTHING
        self._born: str | None = None

    def refresh(self) -> None:
        """Compares what changed since the last time, at first everything, with what the PACS was told."""
        with self._store.reading() as session:
            born = session.scalar(select(Meta.value).where(Meta.key == BORN))
            # a database that was made again counts from the beginning
            seen = self._seen if born == self._born else NOTHING
            newest = session.scalar(select(func.max(Image.changed)))
            # one that is being made again knows no labels yet
            if born is None or newest is None or newest == seen:
                return
            rows = session.execute(SUBMISSIONS.where(Image.changed > seen)).all()
        told = self._outbox.told()
        # of an image that is not known any more, the PACS is to have nothing
        labels: dict[str, str | None] = dict.fromkeys(told) if seen == NOTHING else {}
        # most of them turn out to count as before, and what is withdrawn never comes back under its UID
        waiting = {image for image, tag, _, is_undecided, *_ in rows if tag == FINAL and is_undecided}
        for image, tag, is_current, _, *label in rows:
            if PULLED.fullmatch(image):
                labels.setdefault(image, None)
                if tag == FINAL:
                    labels[image] = json.dumps(label) if is_current else labels[image] or NO_LABEL
        for image, text in labels.items():
            if image in waiting or told.get(image) == text:
                self.labels.pop(image, None)
            else:
                self.labels[image] = text
        self._seen, self._born = newest, born

    def is_as_compared(self, image: str) -> bool:
        """Whether nothing of an image changed since `refresh`; what did is compared by the next one."""
        with self._store.reading() as session:
            changed = session.scalar(select(Image.changed).where(Image.id == image))
        return changed is None or changed <= self._seen
