"""The database of a study: SQLite in the study folder or PostgreSQL, one writer at a time, readers never held up."""

from __future__ import annotations

import fcntl
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unicodedata import normalize

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, ColumnElement, Connection, Engine, Function, create_engine, event, func, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import InstrumentedAttribute, Session

from fetal_head.store.errors import BUSY, DamagedError, StoreError, told

# any number: PostgreSQL's lock by which writers wait for each other, as SQLite's do
WRITERS = 0x0FE7A1
BUSY_SECONDS = 30
# the bytes that SQLite's readers lock (https://www.sqlite.org/fileformat.html, os.h)
SHARED_FIRST, SHARED_SIZE = 0x40000002, 510
# so many are asked for by name, or written, in one question
ROWS_AT_ONCE = 500


class Database:
    """Sessions over one database, whose tables are made or brought up to date first.

    A reading session sees one state from its beginning to its end. A writing session is alone: what it has read stays
    true until it ends. It is rolled back unless it is committed.

    Attributes:
        name: the database in messages, without a password.

    Raises:
        StoreError: it cannot be opened, is damaged, or was made by a later version of this program.
    """

    def __init__(self, url: URL) -> None:
        self.is_embedded = url.get_backend_name() == "sqlite"
        self.name = str(url.database) if self.is_embedded else url.render_as_string(hide_password=True)
        self._engine = create_engine(url, pool_size=10, max_overflow=40, pool_pre_ping=not self.is_embedded)
        if self.is_embedded:
            event.listen(self._engine, "connect", _prepare)
            event.listen(self._engine, "begin", _begin)
            self._reader: Engine = self._engine
            self._writer: Engine = self._engine.execution_options(begin="BEGIN IMMEDIATE")
        else:
            self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ")
            self._writer = self._engine
        self._writes = threading.Lock()
        with told(self.name):
            self._check()
            self._migrate()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads."""
        with told(self.name), Session(self._reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that is alone in writing."""
        with self._turn(), told(self.name), Session(self._writer, expire_on_commit=False) as session:
            self._wait_for_writers(session.connection())
            yield session

    def holds(self, text: InstrumentedAttribute[str], letters: str) -> ColumnElement[bool]:
        """Whether a text holds the letters, whatever their case in any language: by itself a database knows English alone.

        Nor does it matter whether an accent is a character of its own, as in the names that macOS writes.
        """
        small, asked = self._small(text, letters)
        return small.contains(asked, autoescape=True)

    def is_like(self, text: InstrumentedAttribute[str], pattern: str) -> ColumnElement[bool]:
        """Whether a text is what a pattern of LIKE, with \\ before what it means as it is, asks for, as caseless as `holds`."""
        small, asked = self._small(text, pattern)
        return small.like(asked, escape="\\")

    def _small(self, text: InstrumentedAttribute[str], asked: str) -> tuple[Function[str], str]:
        if self.is_embedded:
            return func.caseless(text), _caseless(asked)
        return func.lower(func.normalize(text).collate("und-x-icu")), normalize("NFC", asked).lower()

    def close(self) -> None:
        """Lets go of all connections."""
        self._engine.dispose()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Lets the threads of this process write one after the other: SQLite would let them look again and again instead."""
        if not self._writes.acquire(timeout=BUSY_SECONDS):
            raise StoreError(503, f"the database {self.name} {BUSY}")
        try:
            yield
        finally:
            self._writes.release()

    def _wait_for_writers(self, connection: Connection) -> None:
        if not self.is_embedded:
            connection.execute(text(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITERS})

    def _check(self) -> None:
        if self.is_embedded:
            with self._reader.connect() as connection:
                found = connection.execute(text("PRAGMA quick_check(1)")).scalar()
            if found != "ok":
                raise DamagedError(self.name, found)

    def _migrate(self) -> None:
        config = Config()
        config.set_main_option("script_location", "fetal_head.store.sql:migrations")
        with self._writer.begin() as connection:
            self._wait_for_writers(connection)
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except CommandError as error:
                raise StoreError(
                    503, f"the database {self.name} was made by a later version; update this one ({error})"
                ) from error


def is_open_elsewhere(file: Path) -> bool:
    """Whether another process has an embedded database open, be it damaged: each connection holds a lock on its file."""
    with file.open("r+b") as database:
        try:
            fcntl.lockf(database, fcntl.LOCK_EX | fcntl.LOCK_NB, SHARED_SIZE, SHARED_FIRST)
        except BlockingIOError:
            return True
        except OSError:
            # a file system without locks tells nothing
            return False
    return False


def parse_url(text: str) -> URL:
    """A database's URL. Raises StoreError for what is none."""
    try:
        return make_url(text)
    except ArgumentError as error:
        raise StoreError(503, f"database_url is no URL like postgresql+psycopg://user@host/name ({error})") from error


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    # the driver would begin transactions by itself, too late and without the lock
    connection.isolation_level = None
    connection.create_function("caseless", 1, _caseless, deterministic=True)
    connection.execute(f"PRAGMA busy_timeout = {1000 * BUSY_SECONDS}")
    _write_ahead(connection)
    for pragma in ("synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _caseless(text: str) -> str:
    return normalize("NFC", text).casefold()


def _write_ahead(connection: sqlite3.Connection) -> None:
    # SQLite waits with this for nobody who writes: of two that open a new study at once, one would fail
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
        time.sleep(0.02)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))
