"""What the PACS was told of the study's labels, kept so that a crash at any moment leaves nothing unsaid or said for ever."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Literal

from fetal_head.pacs.client import Instance

SCHEMA = """
CREATE TABLE IF NOT EXISTS told (image TEXT PRIMARY KEY, label TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS objects (
    uid TEXT PRIMARY KEY, image TEXT NOT NULL, study TEXT NOT NULL, series TEXT NOT NULL, state TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_of_image ON objects (image);
"""

# one that is coming may be there already, one that is leaving gone, one that is cancelled was coming when another took its
# place; what is withdrawn never counts again
State = Literal["coming", "stored", "leaving", "cancelled", "withdrawn"]


class Outbox:
    """The file of what was sent. It can be made again by sending everything again: what is there already stays as it is.

    Every method is on disk when it returns.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with closing(self._open()) as database:
            database.executescript(SCHEMA)

    def told(self) -> dict[str, str]:
        """Image -> the label that the PACS has of it."""
        with closing(self._open()) as database:
            return dict(database.execute("SELECT image, label FROM told"))

    def tell(self, image: str, label: str | None) -> None:
        """The PACS has this label of an image now; None for none."""
        with closing(self._open()) as database, database:
            if label is None:
                database.execute("DELETE FROM told WHERE image = ?", (image,))
            else:
                database.execute("INSERT OR REPLACE INTO told VALUES (?, ?)", (image, label))

    def objects(self, image: str) -> dict[Instance, State]:
        """The objects of an image that were ever sent, or were about to be, the oldest first."""
        with closing(self._open()) as database:
            rows = database.execute("SELECT study, series, uid, state FROM objects WHERE image = ? ORDER BY rowid", (image,))
            return {Instance(*place): state for *place, state in rows}

    def note(self, image: str, objects: Mapping[Instance, State]) -> None:
        """How it stands with some objects of an image, all at once."""
        rows = [(each.uid, image, each.study, each.series, state) for each, state in objects.items()]
        statement = "INSERT INTO objects VALUES (?, ?, ?, ?, ?) ON CONFLICT (uid) DO UPDATE SET state = excluded.state"
        with closing(self._open()) as database, database:
            database.executemany(statement, rows)

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=30)
