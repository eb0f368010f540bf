"""Label files that others put into labels/<tag>/, and plain labels that went missing."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fetal_head.batched import batched
from fetal_head.files import sync
from fetal_head.pseudonym import pseudonym
from fetal_head.stamp import Stamp, stamp_of
from fetal_head.store.files.changes import UNSETTLED, FileChanges
from fetal_head.store.files.layout import Label, Layout
from fetal_head.store.intake.index import Index, IndexFor, annotated_of
from fetal_head.store.intake.pictures import know_pictures
from fetal_head.store.labels.adding import add, last_number, write_facts
from fetal_head.store.labels.rebuilding import take_leftovers
from fetal_head.store.labels.settling import current_labels, label_of, mark, put_plain, settle
from fetal_head.store.labels.strangers import Known, cannot_be_read, draft_of, is_stranger, known_labels, recognise, youngest_last
from fetal_head.store.sql.database import ROWS_AT_ONCE
from fetal_head.store.sql.tables import Image, Submission
from fetal_head.store.store import Store

logger = logging.getLogger(__name__)


def take_in_labels(store: Store, index: IndexFor, quiet_for: float) -> bool:
    """Submits what others put beside an image, damaged or not, and puts back current labels that are missing.

    Also beside one that was taken away: it counts when that comes back.

    False when a file is not quiet yet.

    A label that differs from the current one but is as an earlier one was is what a crash left behind, or was put there
    and is known: then the current one is put back, or what is there is left alone.
    """
    found = store.layout.label_files()
    are_known = know_pictures(store, {label.image for label in found})
    for some in batched([label for label, stamp in found.items() if stamp.mtime_ns == UNSETTLED], ROWS_AT_ONCE):
        _settle_copies(store, some)
        found |= {label: stamp for label in some if (stamp := stamp_of(store.layout.plain(label)))}
    with store.reading() as session:
        known = known_labels(session)
        images = set(session.scalars(select(Image.id)))
    all_strangers = [label for label, stamp in found.items() if label.image in images and is_stranger(stamp, known.get(label))]
    strangers = [label for label in all_strangers if found[label].is_quiet(quiet_for)]
    for some in batched(youngest_last({label: found[label] for label in strangers}), ROWS_AT_ONCE):
        _submit(store, index, some)
    missing = [label for label, versions in known.items() if versions.current and _is_stale(found.get(label), versions)]
    if missing:
        _put_back(store, missing)
    return are_known and len(strangers) == len(all_strangers)


def say_of_labels(session: Session, files: FileChanges, layout: Layout, index: Index) -> None:
    """Takes over what an index says of labels that were taken in before it was written."""
    changed = []
    for row in session.scalars(select(Submission).where(Submission.current, Submission.annotated.is_(None))):
        said = index.labels.get((row.image, row.tag, row.suffix), {})
        if said.keys() - row.info.keys():
            row.annotated = annotated_of(said)
            row.info = {**_without_annotated(said), **row.info}
            write_facts(files, layout, row)
            changed.append(row.image)
    for some in batched(changed, ROWS_AT_ONCE):
        mark(session, some)


def _is_stale(stamp: Stamp | None, known: Known) -> bool:
    return stamp is None or (stamp != known.current and stamp in known.stamps)


def _settle_copies(store: Store, labels: Sequence[Label]) -> None:
    """Waits until plain labels are on disk, and gives them their time. One that is not what it should be is put right."""
    layout = store.layout
    for label in labels:
        _wait_for_disk(layout.plain(label))
    with store.writing() as (session, files):
        for label in labels:
            plain = layout.plain(label)
            # it may be another one by now, for which nobody has waited; otherwise this takes no time
            is_there = _wait_for_disk(plain)
            stamp = stamp_of(plain)
            if not is_there or stamp is None or stamp.mtime_ns != UNSETTLED or session.get(Image, label.image) is None:
                continue
            take_leftovers(session, files, layout, label.image, last_number(session, label.image))
            row = current_labels(session, label.image).get(label.tag)
            if row is None or label_of(row) != label:
                logger.warning("a label that was never acknowledged is removed")
                files.remove(plain)
            elif sha256(plain.read_bytes()).hexdigest() == row.sha256:
                os.utime(plain, ns=(row.mtime_ns, row.mtime_ns))
            else:
                put_plain(files, layout, row)


def _wait_for_disk(path: Path) -> bool:
    """Whether it is there and on disk."""
    try:
        sync(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        cannot_be_read(path, error)
        return False
    return True


def _submit(store: Store, index: IndexFor, labels: Sequence[Label]) -> None:
    layout, images = store.layout, sorted({label.image for label in labels})
    with store.writing(many=True) as (session, files):
        numbers = select(Submission.image, func.max(Submission.number)).where(Submission.image.in_(images))
        last = dict(session.execute(numbers.group_by(Submission.image)).tuples().all())
        last = {image: take_leftovers(session, files, layout, image, last.get(image, 0)) for image in images}
        known, taken = known_labels(session, images), 0
        for label in labels:
            stamp = stamp_of(layout.plain(label))
            if stamp is not None and is_stranger(stamp, known.get(label)):
                draft = draft_of(layout, label, stamp)
                if draft is None or recognise(layout, label, draft, known.get(label)):
                    continue
                said = index(label in known).labels.get((label.image, label.tag, label.suffix), {})
                draft = replace(draft, annotated=annotated_of(said), info=_without_annotated(said))
                last[label.image] += 1
                row = add(session, files, layout, label.image, label.tag, draft, last[label.image])
                write_facts(files, layout, row)
                taken += 1
        mark(session, images)
        # of several endings one is left
        endings = Counter((label.image, label.tag) for label in {*labels, *known})
        for image in sorted({image for (image, _), count in endings.items() if count > 1}):
            settle(session, files, layout, image)
    if taken:
        logger.info("%d labels were found in the study folder", taken)


def _put_back(store: Store, labels: list[Label]) -> None:
    with store.writing() as (session, files):
        for label in labels:
            row = session.scalar(
                select(Submission).where(Submission.current, Submission.tag == label.tag, Submission.image == label.image)
            )
            if row is None or label_of(row) != label:
                continue
            is_stale = _is_stale(stamp_of(store.layout.plain(label)), known_labels(session, [label.image])[label])
            if is_stale and put_plain(files, store.layout, row):
                message = "the label '%s' of the image %s is put back; delete labels through the server"
                logger.warning(message, label.tag, pseudonym(label.image))


def _without_annotated(info: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in info.items() if key != "annotated"}
