"""The tables of a study as a backup holds them: a line of JSON for each row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from sqlalchemy import insert, select
from sqlalchemy.exc import OperationalError, StatementError
from sqlalchemy.orm import Session

from fetal_head.batched import batched
from fetal_head.store.errors import StoreError
from fetal_head.store.files.facts import check_row
from fetal_head.store.sql.database import ROWS_AT_ONCE
from fetal_head.store.sql.derived import MADE_AGAIN
from fetal_head.store.sql.tables import Base, Image, Meta, Submission
from fetal_head.store.store import STUDY
from fetal_head.store.users import TOKEN_SECRET

Rows = dict[str, list[dict[str, Any]]]

FORMAT = {"format": "fetal-head store", "version": 1}
# a study that is made of a backup has an identity of its own, and tokens of its own
OWN = {(Meta.__tablename__, STUDY), (Meta.__tablename__, TOKEN_SECRET)}
# of which the names of files are made
NAMES = {Image.__tablename__: ("id", "file"), Submission.__tablename__: ("image", "tag", "suffix")}
CHECKED = {table.__tablename__: table for table in (Image, Submission)}


def write_tables(session: Session, file: IO[str]) -> None:
    """Writes all rows but those that are a study's own or can be made again."""
    for line in (FORMAT, *_dump(session)):
        file.write(json.dumps(line) + "\n")


def read_tables(path: Path) -> Rows:
    """The rows by table, once it is certain that all of them are some of ours.

    Raises:
        StoreError: there is no such file (404), or it was damaged, written by a later version, or names files that are none of a
            study (422).
    """
    if not path.exists():
        raise StoreError(404, f"{path.parent} holds no whole backup: there is no {path.name}")
    with path.open("rb") as file:
        lines = [_parsed(path, number, line) for number, line in enumerate(file, start=1)]
    if lines[:1] != [FORMAT] or not all(_is_row(line) for line in lines[1:]):
        raise StoreError(422, f"{path} is no backup that this version reads; was it made by a later one? Then update this one")
    rows: Rows = {name: [] for name in Base.metadata.tables}
    for name, row in lines[1:]:
        if not all(_is_plain(row.get(key)) for key in NAMES.get(name, ())):
            raise StoreError(422, f"{path} names files that are none of a study; take another backup")
        _check(path, name, row)
        rows[name].append(row)
    return rows


def load_tables(session: Session, rows: Rows) -> None:
    """Puts the rows that `read_tables` found into empty tables. Raises StoreError (422) for some that do not go together."""
    for row in rows[Image.__tablename__]:
        # of before it was known: of the file that was there
        row.setdefault("told_of", row.get("size") or None)
        row.setdefault("file_patient", None)
    try:
        for table in Base.metadata.sorted_tables:
            for some in batched(rows[table.name], ROWS_AT_ONCE):
                session.execute(insert(table), list(some))
    except OperationalError:
        raise
    except StatementError as error:
        what = f"rows that a study cannot have ({type(error).__name__})"
        raise StoreError(422, f"the backup holds {what}; take another one") from error


def _parsed(path: Path, number: int, line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise StoreError(422, f"line {number} of {path} is damaged ({error}); take another backup") from error


def _check(path: Path, name: str, row: dict[str, Any]) -> None:
    """Raises StoreError (422) for a row that says of an image or a submission what a study never does."""
    try:
        if table := CHECKED.get(name):
            check_row(row, table)
    except (ValueError, TypeError) as error:
        raise StoreError(422, f"{path} says of '{row.get('image', row.get('id'))}' what makes no sense ({error})") from error


def _is_row(line: Any) -> bool:
    if not (isinstance(line, list) and len(line) == 2 and isinstance(line[0], str) and isinstance(line[1], dict)):
        return False
    table = Base.metadata.tables.get(line[0])
    return table is not None and line[1].keys() <= {*table.columns.keys()}


def _is_plain(name: Any) -> bool:
    """Whether a file that is called so, or begins or ends so, lies in the folder that it is looked for in."""
    return isinstance(name, str) and bool(name) and name == Path(name).name and name != ".." and "\0" not in name


def _dump(session: Session) -> Iterator[Any]:
    for table in Base.metadata.sorted_tables:
        for row in session.execute(select(table)).mappings() if table.name not in MADE_AGAIN else ():
            if (table.name, row.get("key")) not in OWN:
                yield table.name, dict(row)
