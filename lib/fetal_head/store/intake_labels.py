"""Label files that others put into labels/<tag>/, and plain labels that went missing."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fetal_head.pseudonym import pseudonym
from fetal_head.store.changes import FileChanges
from fetal_head.store.index import Index, annotated_of
from fetal_head.store.layout import Label, Layout, Stamp, stamp_of
from fetal_head.store.rebuilding import adopt_submissions, chunks
from fetal_head.store.settling import label_of, mark, put_plain
from fetal_head.store.store import Store
from fetal_head.store.submissions import Draft, add, write_facts
from fetal_head.store.tables import Image, Submission

logger = logging.getLogger(__name__)


class Known(NamedTuple):
    """What the database has of a label file: the stamps of all its versions, and that of the current one."""

    stamps: set[Stamp]
    current: Stamp | None


def take_in_labels(store: Store, index: Index, quiet_for: float) -> None:
    """Submits what others put beside an image, damaged or not, and puts back current labels that are missing.

    A label that differs from the current one but is as an earlier one was is what a crash left behind, or was put there
    and is known: then the current one is put back, or what is there is left alone.
    """
    found = store.layout.label_files()
    with store.reading() as session:
        known = _known(session)
        images = set(session.scalars(select(Image.id).where(Image.removed.is_(None))))
    strangers = [label for label, stamp in found.items() if label.image in images and _is_new(stamp, known.get(label))]
    strangers = [label for label in strangers if found[label].is_quiet(quiet_for)]
    # of several files with one id, the youngest becomes the current label
    strangers.sort(key=lambda label: (found[label].mtime_ns, label))
    for some in chunks(strangers):
        _submit(store, index, some)
    missing = [label for label, versions in known.items() if versions.current and _is_stale(found.get(label), versions)]
    if missing:
        _put_back(store, missing)


def say_of_labels(session: Session, files: FileChanges, layout: Layout, index: Index) -> None:
    """Takes over what an index says of labels that were taken in before it was written."""
    for row in session.scalars(select(Submission).where(Submission.current, Submission.annotated.is_(None))):
        said = index.labels.get((row.image, row.tag, row.suffix), {})
        if said.keys() - row.info.keys():
            row.annotated = annotated_of(said)
            row.info = {**_without_annotated(said), **row.info}
            write_facts(files, layout, row)


def _known(session: Session, images: Sequence[str] | None = None) -> dict[Label, Known]:
    s = Submission
    rows = select(s.tag, s.image, s.suffix, s.size, s.mtime_ns, s.current)
    known: dict[Label, Known] = {}
    for tag, image, suffix, size, mtime_ns, current in session.execute(
        rows if images is None else rows.where(s.image.in_(images))
    ):
        label, stamp = Label(tag, image, suffix), Stamp(size, mtime_ns)
        stamps, latest = known.get(label, Known(set(), None))
        known[label] = Known(stamps | {stamp}, stamp if current else latest)
    return known


def _is_new(stamp: Stamp | None, known: Known | None) -> bool:
    return stamp is not None and (known is None or stamp not in known.stamps)


def _is_stale(stamp: Stamp | None, known: Known) -> bool:
    return stamp is None or (stamp != known.current and stamp in known.stamps)


def _submit(store: Store, index: Index, labels: Sequence[Label]) -> None:
    layout, images = store.layout, sorted({label.image for label in labels})
    with store.writing(many=True) as (session, files):
        numbers = select(Submission.image, func.max(Submission.number)).where(Submission.image.in_(images))
        last = dict(session.execute(numbers.group_by(Submission.image)).tuples().all())
        # submissions that a crash kept from their commit, but not from their files
        for image in images:
            if layout.numbers(image).keys() - range(last.get(image, 0) + 1):
                adopt_submissions(session, layout, [image])
        known, taken = _known(session, images), 0
        for label in labels:
            stamp = stamp_of(layout.plain(label))
            if stamp is not None and _is_new(stamp, known.get(label)):
                draft = _draft(layout, label, stamp, index)
                row = add(session, files, layout, label.image, label.tag, draft, last.get(label.image, 0))
                write_facts(files, layout, row)
                taken += 1
        mark(session, images)
    if taken:
        logger.info("%d labels were found in the study folder", taken)


def _draft(layout: Layout, label: Label, stamp: Stamp, index: Index) -> Draft:
    info = index.labels.get((label.image, label.tag, label.suffix), {})
    return Draft(
        layout.plain(label).read_bytes(),
        label.suffix,
        annotated=annotated_of(info),
        info=_without_annotated(info),
        mtime_ns=stamp.mtime_ns,
    )


def _put_back(store: Store, labels: list[Label]) -> None:
    with store.writing() as (session, files):
        for label in labels:
            row = session.scalar(
                select(Submission).where(Submission.current, Submission.tag == label.tag, Submission.image == label.image)
            )
            if row is None or label_of(row) != label:
                continue
            if _is_stale(stamp_of(store.layout.plain(label)), _known(session, [label.image])[label]):
                message = "the label '%s' of the image %s is put back; delete labels through the server"
                logger.warning(message, label.tag, pseudonym(label.image))
                put_plain(files, store.layout, row)


def _without_annotated(info: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in info.items() if key != "annotated"}
