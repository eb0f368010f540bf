"""Label files that others wrote into labels/<tag>/ and the store does not know yet."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal_head.imaging.mask_reader import MASK_EXTENSIONS
from fetal_head.pseudonym import pseudonym
from fetal_head.stamp import Stamp, stamp_of
from fetal_head.store.files.changes import UNSETTLED, FileChanges
from fetal_head.store.files.layout import QUIET_SECONDS, Label, Layout
from fetal_head.store.files.left_out import leave_out
from fetal_head.store.labels.adding import Draft, add, next_number, write_facts
from fetal_head.store.labels.settling import mark
from fetal_head.store.sql.tables import Submission

logger = logging.getLogger(__name__)


class Known(NamedTuple):
    """What the database has of a label file: the stamps of all its versions, and stamp and SHA-256 of the current one."""

    stamps: set[Stamp]
    current: Stamp | None
    digest: str | None


def known_labels(session: Session, images: Sequence[str] | None = None) -> dict[Label, Known]:
    """What the database has of the label files of these images, or of all."""
    s = Submission
    rows = select(s.tag, s.image, s.suffix, s.size, s.mtime_ns, s.sha256, s.current)
    known: dict[Label, Known] = {}
    for tag, image, suffix, size, mtime_ns, digest, current in session.execute(
        rows if images is None else rows.where(s.image.in_(images))
    ):
        label, stamp = Label(tag, image, suffix), Stamp(size, mtime_ns)
        stamps, *latest = known.get(label, Known(set(), None, None))
        known[label] = Known(stamps | {stamp}, *((stamp, digest) if current else latest))
    return known


def is_stranger(stamp: Stamp | None, known: Known | None) -> bool:
    """Whether a label file is none that the store has laid out or taken in."""
    return stamp is not None and stamp.mtime_ns != UNSETTLED and (known is None or stamp not in known.stamps)


def take_strangers(session: Session, files: FileChanges, layout: Layout, image: str, tags: Sequence[str]) -> list[Label]:
    """Submits what others wrote for an image, before the store itself goes on with its labels.

    Whoever writes into a file in place changes nothing that is watched, so it may have lain there for long. Taken in now, it
    comes before what is done now, whatever the clocks say. What cannot be read, or may be half written, is left to a
    later look at the folder, and returned.
    """
    known = known_labels(session, [image])
    labels = {Label(tag, image, suffix) for tag in tags for suffix in MASK_EXTENSIONS}
    labels |= {label for label in known if label.tag in tags}
    stamps = {label: stamp for label in labels if (stamp := stamp_of(layout.plain(label)))}
    taken, left = 0, []
    for label in youngest_last(stamps):
        if not is_stranger(stamps[label], known.get(label)):
            continue
        if not stamps[label].is_quiet(QUIET_SECONDS):
            message = (
                "the label '%s' of the image %s is being written in the study folder: it counts as later than what is done now"
            )
            logger.warning(message, label.tag, pseudonym(image))
            left.append(label)
        elif (draft := draft_of(layout, label, stamps[label])) is None:
            left.append(label)
        elif not recognise(layout, label, draft, known.get(label)):
            row = add(session, files, layout, image, label.tag, draft, next_number(session, files, layout, image))
            write_facts(files, layout, row)
            taken += 1
    if taken:
        mark(session, [image])
    return left


def youngest_last(stamps: Mapping[Label, Stamp]) -> list[Label]:
    """Of several files with one id, the youngest is to become the current label."""
    return sorted(stamps, key=lambda label: (stamps[label].mtime_ns, label))


def draft_of(layout: Layout, label: Label, stamp: Stamp) -> Draft | None:
    """A label file on its way into the history; None for one that cannot be read."""
    try:
        content = layout.plain(label).read_bytes()
    except OSError as error:
        cannot_be_read(layout.plain(label), error)
        return None
    return Draft(content, label.suffix, mtime_ns=stamp.mtime_ns)


def recognise(layout: Layout, label: Label, draft: Draft, known: Known | None) -> bool:
    """Gives a stranger that is the current label to the byte, copied with its folder or put back, its time again, and says so."""
    if known is None or known.current is None or sha256(draft.content).hexdigest() != known.digest:
        return False
    os.utime(layout.plain(label), ns=(known.current.mtime_ns, known.current.mtime_ns))
    return True


def cannot_be_read(path: Path, error: OSError) -> None:
    """Says so, once."""
    leave_out(path, f"it cannot be read ({error.strerror}); give the server's user the right to")
