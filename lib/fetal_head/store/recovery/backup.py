"""A copy of a study from which it can be made again, taken while people work, from either database to either."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from fetal_head.config import StoreSettings
from fetal_head.files import WRITING, alone_in
from fetal_head.stamp import ctime_of, stamp_of
from fetal_head.store.errors import StoreError
from fetal_head.store.files.changes import FileChanges
from fetal_head.store.files.facts import as_bytes, submission_facts
from fetal_head.store.files.layout import Layout
from fetal_head.store.labels.settling import put_plain
from fetal_head.store.labels.submissions import write_image_facts
from fetal_head.store.recovery.backup_tables import Rows, load_tables, read_tables, write_tables
from fetal_head.store.sql.tables import Image, Submission
from fetal_head.store.store import Store

TABLES = "tables.jsonl"
# the tables of a backup that is not whole yet
PARTIAL = f".{TABLES}"


class Copied(NamedTuple):
    """How many files a backup names, and which of them nobody has any more as they were."""

    files: int
    missing: list[str]


def backup(store: Store, to: Path) -> Copied:
    """Copies one state of the tables, and every file that it names, into the folder `to`.

    An earlier backup there is brought up to date, and stays what it was until the new one is whole.

    Raises:
        StoreError: `to` lies inside the study, holds anything else than a backup, or one of labels that the study does not have;
            or another backup is being made there.
    """
    _check_target(store, to)
    to.mkdir(parents=True, exist_ok=True)
    with alone_in(to, _busy("a backup", to)):
        return _backup(store, to)


def _backup(store: Store, to: Path) -> Copied:
    partial = to / PARTIAL
    with store.reading() as session:
        images = list(session.scalars(select(Image)))
        submissions = list(session.scalars(select(Submission)))
        _check_replaced(to, submissions)
        # it holds the hashes of the users' passwords
        partial.touch(mode=0o600)
        with partial.open("w", encoding="utf-8") as file:
            write_tables(session, file)
    named = [*_named(store.layout, images, submissions)]
    missing = [str(path) for path, where, digest in named if not _copy(where, to / path, digest)]
    os.sync()
    partial.replace(to / TABLES)
    return Copied(len(named), missing)


def restore_backup(source: Path, to: Path, settings: StoreSettings) -> Store:
    """Makes a study from a backup, in a new folder.

    Files of an earlier backup there, which the tables do not name any more, are left out.

    Raises:
        StoreError: `source` is no backup, or has links that lead out of it, `to` is not empty, or somebody else is restoring into
            it, or the database holds a study already. Nothing is there then but what they put there.
    """
    rows = read_tables(source / TABLES)
    to.mkdir(parents=True, exist_ok=True)
    with alone_in(to, _busy("a study", to)):
        if any(to.iterdir()):
            raise StoreError(409, f"{to} is not empty; name a new folder")
        try:
            return _restored(rows, source, to, settings)
        except BaseException:  # Ctrl-C as well: it would be served as a study that lacks images
            shutil.rmtree(to, ignore_errors=True)
            raise


def _busy(what: str, to: Path) -> StoreError:
    return StoreError(409, f"{what} is being made in {to} already; wait until that has ended")


def _restored(rows: Rows, source: Path, to: Path, settings: StoreSettings) -> Store:
    store = Store.unclaimed(to, settings)
    with store.writing(many=True) as (session, files):
        if not store.database.is_embedded:
            # together with what it is to hold: after a failure it would be that of a study that is gone
            store.claim(session)
        if session.scalar(select(Image.id).limit(1)) is not None:
            raise StoreError(409, f"the database {store.database.name} holds a study already; name an empty one")
        load_tables(session, rows)
        images, submissions = list(session.scalars(select(Image))), list(session.scalars(select(Submission)))
        named = [path for path, *_ in _named(Layout(source), images, submissions)]
        history = store.layout.history.relative_to(store.layout.folder)
        _bring([path for path in named if path.is_relative_to(history)], source, store.layout.folder)
        _lay_out(images, submissions, files, store.layout)
        # last, since a server that finds images without their history takes them for new ones
        _bring([path for path in named if not path.is_relative_to(history)], source, store.layout.folder)
    return store


def _bring(paths: Sequence[Path], source: Path, to: Path) -> None:
    for path in paths:
        # who can write into a backup could otherwise have any file of this machine served
        if not (source / path).resolve().is_relative_to(source.resolve()):
            raise StoreError(422, f"{source / path} is a link that leads out of the backup; put the file itself there")
        _copy([source / path], to / path)


def _check_target(store: Store, to: Path) -> None:
    """A backup writes over files of the same names, which must not be those of a study."""
    if to.resolve().is_relative_to(store.layout.folder):
        raise StoreError(409, f"{to} lies inside the study; name a folder outside of it for the backup")
    # one that was broken off has no whole tables, and may be gone on with
    if to.is_dir() and any(to.iterdir()) and not any((to / name).exists() for name in (TABLES, PARTIAL)):
        raise StoreError(409, f"{to} is not empty and no earlier backup; name a new folder, or an earlier backup")


def _check_replaced(to: Path, submissions: list[Submission]) -> None:
    """A backup of another study, or of a later state of this one, is not written over: no study forgets a submission."""
    has = {(row.image, row.number, row.sha256) for row in submissions}
    rows = read_tables(to / TABLES)[Submission.__tablename__] if (to / TABLES).exists() else []
    lost = [f"{row['image']} ({row['number']})" for row in rows if (row["image"], row["number"], row["sha256"]) not in has]
    if lost:
        told = f"{len(lost)} labels that this study does not have, such as that of {lost[0]}"
        raise StoreError(409, f"{to} is a backup with {told}; name a new folder")


def _lay_out(images: Sequence[Image], submissions: Sequence[Submission], files: FileChanges, layout: Layout) -> None:
    """The files that follow from the tables."""
    for image in images:
        if layout.image_facts(image.id).exists():
            write_image_facts(files, layout, image)
    for row in submissions:
        files.put(layout.facts(row.image, row.number), as_bytes(submission_facts(row)))
        if row.current:
            put_plain(files, layout, row)


def _named(
    layout: Layout, images: list[Image], submissions: list[Submission]
) -> Iterator[tuple[Path, Iterable[Path], str | None]]:
    """The files that the tables name: where each belongs in a study, where it may lie now, and the SHA-256 of a mask."""
    for image in images:
        past = [path for path in layout.history.joinpath(image.id).glob("image[-.]*") if path.is_file()]
        yield from ((path.relative_to(layout.folder), [path], None) for path in past)
        if image.removed is None:
            yield Path(image.file), _file_of(layout, image), None
    for row in submissions:
        kept = layout.kept(row.image, row.number, row.suffix)
        yield kept.relative_to(layout.folder), [kept], row.sha256
    for path in (layout.index, layout.dicom, layout.folder / "summary.csv"):
        if path.exists():
            yield path.relative_to(layout.folder), [path], None


def _file_of(layout: Layout, image: Image) -> Iterator[Path]:
    """Where an image's file may lie: in its history, which is looked at last, once the server has taken it out meanwhile."""
    yield layout.folder / image.file
    yield from (path for path in layout.history.joinpath(image.id).glob("image-*") if stamp_of(path) == image.stamp)


def _copy(where: Iterable[Path], to: Path, digest: str | None = None) -> bool:
    """Copies the first of the files that is there, unless that was done before; False when there is none of that SHA-256."""
    for path in where:
        if (stamp := stamp_of(path)) is None:
            continue
        # another file of that size and time may have been renamed to this one since
        if stamp_of(to) != stamp or (ctime_of(to) or 0) <= (ctime_of(path) or 0):
            to.parent.mkdir(parents=True, exist_ok=True)
            partial = to.with_name(f"{WRITING}{to.name}")
            try:
                shutil.copy2(path, partial)
            except FileNotFoundError:
                continue
            # what a disk did to a mask must not be done to the one that was copied before
            if digest is not None and sha256(partial.read_bytes()).hexdigest() != digest:
                partial.unlink()
                continue
            # one that was written anew meanwhile is copied the next time
            os.utime(partial, ns=(stamp.mtime_ns, stamp.mtime_ns))
            partial.replace(to)
        return True
    return False
