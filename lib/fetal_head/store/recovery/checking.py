"""Every difference between what the database says and what lies in the study folder."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal_head.datasets.entering import COMING, STAGING
from fetal_head.files import suffix_of
from fetal_head.imaging import EXTENSIONS, is_dicom
from fetal_head.store.files.facts import read_facts, submission_facts
from fetal_head.store.files.layout import HISTORY, NAMELESS, Layout
from fetal_head.store.files.names import split_name
from fetal_head.store.intake.index import read_index
from fetal_head.store.labels.settling import label_of
from fetal_head.store.sql.tables import Image, Submission
from fetal_head.store.store import Store

UNKNOWN = "which was never acknowledged, or the database is an older one: then run `fetal-head store rebuild`"


def check(store: Store) -> list[str]:
    """A sentence for each difference; none means that files and database agree. Reads every submitted mask."""
    with store.reading() as session:
        return [
            *_images(session, store.layout),
            *_history(session, store.layout),
            *_labels(session, store.layout),
            *_index(store.layout),
            *_imports(store.layout),
        ]


def _images(session: Session, layout: Layout) -> Iterator[str]:
    there = {image.id: image for image in session.scalars(select(Image).where(Image.removed.is_(None)))}
    files = layout.image_files(lambda image: there[image].file if image in there else None)
    for image in there.values():
        name, stamp = files.get(image.id, (None, None))
        if name is None:
            yield f"{image.file} is gone"
        elif name != image.file or stamp != image.stamp:
            yield f"{name} was replaced, or only its time is another one: a server looks at it when it starts"
    for image_id, (name, _) in files.items():
        if image_id not in there:
            yield f"{name} is not taken in"
    for path in sorted(layout.folder.iterdir()):
        if path.name.startswith(".") or not path.is_file():
            continue
        if suffix_of(path) not in EXTENSIONS:
            if is_dicom(path):
                yield f"{path.name} is left out: {NAMELESS}"
        else:
            counted, _ = files.get(split_name(path.name)[0], (None, None))
            if counted is None:
                yield f"{path.name} is left out; the server's log says why"
            elif path.name != counted:
                yield f"{path.name} does not count: {counted} has the same id; rename or remove one of the two"


def _history(session: Session, layout: Layout) -> Iterator[str]:
    known: dict[str, set[int]] = {}
    for row in session.scalars(select(Submission).order_by(Submission.image, Submission.number)):
        known.setdefault(row.image, set()).add(row.number)
        kept, facts = layout.kept(row.image, row.number, row.suffix), layout.facts(row.image, row.number)
        if not kept.exists():
            yield f"{_short(layout, kept)} is gone"
        elif sha256(kept.read_bytes()).hexdigest() != row.sha256:
            yield f"{_short(layout, kept)} is not what was submitted"
        if read_facts(facts) != submission_facts(row):
            yield f"{_short(layout, facts)} is not what the database says"
    for image in layout.images_with_a_past():
        for number in sorted(layout.numbers(image).keys() - known.get(image, set())):
            names = ", ".join(sorted(layout.numbers(image)[number]))
            yield f"labels/{HISTORY}/{image}: the database does not know {names}, {UNKNOWN}"


def _labels(session: Session, layout: Layout) -> Iterator[str]:
    files = layout.label_files()
    rows = {label_of(row): row for row in session.scalars(select(Submission).where(Submission.current))}
    for label, row in rows.items():
        plain = layout.plain(label)
        if label not in files:
            yield f"{_short(layout, plain)} is gone"
        elif sha256(plain.read_bytes()).hexdigest() != row.sha256:
            yield f"{_short(layout, plain)} is not the current label, which is number {row.number} of its history"
    for label in sorted(files.keys() - rows.keys()):
        yield f"{_short(layout, layout.plain(label))} is no current label of an image that is there"


def _index(layout: Layout) -> Iterator[str]:
    try:
        read_index(layout.index)
    except ValueError as error:
        yield str(error)


def _imports(layout: Layout) -> Iterator[str]:
    for path in sorted(layout.folder.glob(f"{STAGING}*/{COMING}")):
        yield f"{path.parent.name}: an import was broken off while its images and labels came in; repeat it, which lets them in"


def _short(layout: Layout, path: Path) -> str:
    return path.relative_to(layout.folder).as_posix()
