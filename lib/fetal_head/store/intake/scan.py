"""Looking at the study folder and taking in what others did there: copied images in, removed them, put labels beside them."""

from __future__ import annotations

import logging
import time
from functools import cache
from pathlib import Path
from uuid import uuid4

from sqlalchemy import delete, func, update

from fetal_head.config import StoreSettings
from fetal_head.stamp import Stamp, stamp_of
from fetal_head.store.errors import DamagedError, StoreError
from fetal_head.store.files.layout import QUIET_SECONDS, Layout
from fetal_head.store.intake.images import say_of_images, take_in_images
from fetal_head.store.intake.index import Index, read_index
from fetal_head.store.intake.labels import say_of_labels, take_in_labels
from fetal_head.store.intake.renamed import look_at_renamed
from fetal_head.store.intake.unfinished import put_right
from fetal_head.store.labels.queries import image_of
from fetal_head.store.labels.rebuilding import adopt_history
from fetal_head.store.sql.database import is_open_elsewhere
from fetal_head.store.sql.derived import Effort, Instance, Score
from fetal_head.store.sql.tables import Image, Meta, Reservation, Submission
from fetal_head.store.store import Store

INDEX = "index"
# there once the history was taken in, and another one each time that the database is made again
BORN = "history"
logger = logging.getLogger(__name__)


def take_in(store: Store, quiet_for: float = 0.0) -> bool:
    """Brings the database up to date with the folder; files stay as they are.

    Files that were written within the last `quiet_for` seconds are left for the next time: they may not be whole yet. False
    when there are some.

    Raises:
        ValueError: the folder was never taken in before, and its index is damaged or cannot be read.
    """
    put_right(store)
    stamp = stamp_of(store.layout.index)
    with store.reading() as session:
        seen = session.get(Meta, INDEX)
        is_new = session.get(Meta, BORN) is None
    # once, and only where something is new: it can be large
    read = cache(lambda: _read(store, is_new))
    news = read() if stamp and (seen is None or seen.value != _text(stamp)) else None

    def index(was_known: bool) -> Index:
        # what was here before is told of by a new index alone: an old one may mean another file that was called so
        return (news if was_known else read()) or Index()

    are_quiet = take_in_images(store, index, quiet_for)
    if is_new:
        # a study whose database was lost: its history tells more than its plain labels do
        with store.writing() as (session, _):
            adopt_history(session, store.layout)
            session.merge(Meta(key=BORN, value=uuid4().hex))
    look_at_renamed(store)
    are_quiet &= take_in_labels(store, index, quiet_for)
    if news and stamp:
        _remember(store, news, stamp, is_new)
    return are_quiet


def image_now(store: Store, image_id: str) -> Image | None:
    """An image that is there, as its file is now: whoever writes into one in place changes nothing that is watched."""
    with store.reading() as session:
        image = image_of(session, image_id)
    if image is None or stamp_of(store.layout.folder / image.file) == image.stamp:
        return image
    take_in(store, quiet_for=QUIET_SECONDS)
    with store.reading() as session:
        return image_of(session, image_id)


def was_taken_in(store: Store) -> bool:
    """Whether the database ever knew what the folder holds: not in a new study, nor in one whose database was lost."""
    with store.reading() as session:
        return session.get(Meta, BORN) is not None


def rebuild(folder: Path, settings: StoreSettings) -> Store:
    """Makes the database of a study again from its files alone: images, index and history.

    Users, of whom no file tells, stay. A damaged database is put aside, and its users with it. Of two files with one id that one
    counts which counted before, as far as a database can still tell.

    Raises:
        StoreError: the database cannot be reached, or is damaged and open elsewhere, or the folder cannot be written.
        ValueError: the folder's index is damaged.
    """
    try:
        store = Store.open(folder, settings)
    except DamagedError:
        database = Layout(folder.resolve()).database
        if is_open_elsewhere(database):
            # it would go on writing into the one that is put aside
            raise StoreError(503, f"another process has the damaged database {database} open: stop the server first") from None
        for end in ("", "-wal", "-shm"):
            if (path := Path(f"{database}{end}")).exists():
                path.replace(f"{database}.damaged{end}")
        store = Store.open(folder, settings)
        logger.warning("the damaged database is %s.damaged now; its users are lost, add them again", database)
    put_right(store)
    with store.writing() as (session, _):
        for table in (Score, Effort, Instance, Reservation, Submission):
            session.execute(delete(table))
        # of two files with one id no other file need tell which was labelled
        gone = func.coalesce(Image.removed, int(time.time()))
        session.execute(update(Image).values(removed=gone, size=0, mtime_ns=0, info={}, told_of=None, picture=None, readings=0))
        session.execute(delete(Meta).where(Meta.key.in_((INDEX, BORN))))
    take_in(store)
    return store


def _read(store: Store, is_new: bool) -> Index | None:
    try:
        return read_index(store.layout.index)
    except ValueError:
        if is_new:
            raise
        # the sentence quotes what the index says, of patients too
        logger.warning(
            "%s is damaged, or cannot be read, and tells nothing new; `fetal-head store check` tells why", store.layout.index
        )
        return None


def _remember(store: Store, index: Index, stamp: Stamp, is_new: bool) -> None:
    """Takes over what an index says of what was there before it. What comes later is looked up in it when it comes."""
    with store.writing() as (session, files):
        if not is_new:
            say_of_images(session, index)
            say_of_labels(session, files, store.layout, index)
        for key, value in index.meta.items():
            if session.get(Meta, key) is None:
                session.add(Meta(key=key, value=value))
        session.merge(Meta(key=INDEX, value=_text(stamp)))


def _text(stamp: Stamp) -> str:
    return f"{stamp.size} {stamp.mtime_ns}"
