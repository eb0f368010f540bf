"""A study's files and database, which change together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from fetal_head.config import StoreSettings
from fetal_head.files import clear_strays, sync, write_text
from fetal_head.store.errors import StoreError, had_no_room, told
from fetal_head.store.files.changes import FileChanges
from fetal_head.store.files.layout import Layout
from fetal_head.store.sql.database import Database, parse_url
from fetal_head.store.sql.tables import Meta

EMBEDDED = "embedded"
STUDY = "study"


@dataclass(frozen=True)
class Store:
    """One study, opened; any number of processes and threads may have it open at once."""

    layout: Layout
    database: Database
    settings: StoreSettings

    @classmethod
    def open(cls, folder: Path, settings: StoreSettings) -> Store:
        """Opens the database of a study folder, or makes it.

        Raises:
            StoreError: the folder cannot be written, or the database cannot be used, is that of another study, or not that of
                this one.
        """
        store = cls.unclaimed(folder, settings)
        if not store.database.is_embedded:
            with store.writing() as (session, _):
                store.claim(session)
        return store

    @classmethod
    def unclaimed(cls, folder: Path, settings: StoreSettings) -> Store:
        """The same, but whose the database is remains to be asked by `claim`."""
        layout = Layout(folder.resolve())
        if settings.database_url == EMBEDDED and layout.identity.exists():
            # what it says of pixel sizes, patients and rejected labels would be of before, or of nobody
            raise StoreError(
                503,
                f"the study {layout.folder} is kept in a PostgreSQL database: name it by --conf database_url; to keep it in its "
                f"folder from now on, move {layout.identity} away and run `fetal-head store rebuild`",
            )
        with told(str(layout.database)):
            if not all(folder.is_dir() for folder in (layout.history, layout.writing, layout.uploads)):
                # the database holds what passwords and tokens are checked by, which is nobody else's to read
                layout.hidden.mkdir(mode=0o770, parents=True, exist_ok=True)
                layout.history.mkdir(parents=True, exist_ok=True)
                layout.writing.mkdir(exist_ok=True)
                layout.uploads.mkdir(exist_ok=True)
                for folder in (layout.folder, layout.labels, layout.hidden):
                    sync(folder)
            for folder in (layout.writing, layout.hidden, layout.uploads):
                clear_strays(folder)
        return cls(layout, Database(database_url(layout, settings)), settings)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads, and sees one state."""
        with self.database.reading() as session:
            yield session

    @contextmanager
    def writing(self, many: bool = False) -> Iterator[tuple[Session, FileChanges]]:
        """A session that is alone in writing, and the files that change with it: committed when the block ends well.

        Files are changed before the commit, so that what is acknowledged is on disk. After an error they are as they were.
        A commit for which the disk had no room did not happen; one that fails otherwise may have happened or not: files are left
        to the next look at the folder then.
        With `many` files, they are brought to disk together.
        """
        with self.database.writing() as session, closing(FileChanges(self.layout.writing, many)) as files:
            try:
                yield session, files
                session.flush()
                files.finish()
            except BaseException:
                files.undo()
                raise
            try:
                session.commit()
            except DBAPIError as error:
                if had_no_room(error):
                    files.undo()
                raise
            files.settled()

    def claim(self, session: Session) -> None:
        """Makes a database that is not embedded this study's own, if it is nobody's.

        One that is named by mistake must not take this folder for its own: it would miss all its images.

        Raises:
            StoreError: it belongs to another study.
        """
        theirs = session.get(Meta, STUDY)
        ours = _read_identity(self.layout.identity)
        if theirs and theirs.value != ours:
            raise StoreError(
                503,
                f"the database {self.database.name} belongs to another study than {self.layout.folder}; "
                f"if it does not, put back {self.layout.identity}",
            )
        if not theirs:
            ours = ours or uuid4().hex
            write_text(self.layout.identity, json.dumps({STUDY: ours}))
            session.add(Meta(key=STUDY, value=ours))


def database_url(layout: Layout, settings: StoreSettings) -> URL:
    """Where the database of a study is."""
    if settings.database_url == EMBEDDED:
        return URL.create("sqlite", database=str(layout.database))
    return parse_url(settings.database_url)


def _read_identity(path: Path) -> str | None:
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))[STUDY])
    except (OSError, ValueError, KeyError, TypeError):
        return None
