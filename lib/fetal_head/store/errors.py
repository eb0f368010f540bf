"""What goes wrong with a study's files and database, in sentences that say what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import HTTPException
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from fetal_head.imaging.limits import lack_of

REBUILD = (
    "stop the server and run `fetal-head store rebuild --studies STUDY`; the labels are safe in labels/history, "
    "users have to be added again"
)
KEPT_NOTHING = "try again; nothing of this request was kept, and earlier labels are safe"
FULL = f"make room and {KEPT_NOTHING}"
RIGHTS = "the store has to write there: give this user the right to, or copy the study to where he has it"
AWAY = "move it away and try again"
FAILS = "the disk, or the network to it, fails: repair it and try again; nothing of this request was kept"
BUSY = "was busy for too long; try again"

# what a database says, SQLite by https://www.sqlite.org/rescode.html, PostgreSQL by its SQLSTATE, and what it means to the person
# who reads it
NO_ROOM, DISK_FULL = "disk is full", "53100"
_DATABASE = {
    "disk I/O error": (503, f"cannot be read or written on its disk; if the disk is well, {REBUILD}"),
    NO_ROOM: (507, f"cannot grow, the disk is full: {FULL}"),
    "readonly": (503, f"is read-only: {RIGHTS}"),
    "unable to open": (503, f"cannot be opened: {RIGHTS}"),
    "locked": (503, BUSY),
    # PostgreSQL's disk_full, read_only_sql_transaction and lock_not_available, which it says in any language
    DISK_FULL: (507, f"cannot grow, the disk is full: {FULL}"),
    "25006": (503, "is read-only, as a standby server is: name the one that takes changes by --conf database_url"),
    "55P03": (503, BUSY),
}
_DISK = {
    errno.ENOSPC: (507, f"the disk is full: {FULL}"),
    errno.EDQUOT: (507, f"this user's share of the disk is used up: {FULL}"),
    errno.EROFS: (503, f"the disk is read-only: {RIGHTS}"),
    errno.EACCES: (503, f"the access is denied: {RIGHTS}"),
    errno.EPERM: (503, f"the access is denied: {RIGHTS}"),
    errno.EIO: (503, FAILS),
    errno.ESTALE: (503, FAILS),
    errno.EISDIR: (503, f"a folder lies there: {AWAY}"),
    errno.EEXIST: (503, f"a file lies there: {AWAY}"),
    errno.ENOTDIR: (503, f"a file lies where a folder above it belongs: {AWAY}"),
}


class StoreError(HTTPException, ValueError):
    """One sentence: an answer with its status over HTTP, `headers` if any, and what the command line prints."""

    def __init__(self, status: int, sentence: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, sentence, headers)

    def __str__(self) -> str:
        return str(self.detail)


class DamagedError(StoreError):
    """The embedded database is no whole database any more."""

    def __init__(self, database: str, found: object) -> None:
        super().__init__(503, f"the database {database} is damaged ({' '.join(str(found).split())}): {REBUILD}")


def not_read(sentence: str, error: Exception, status: int = 422) -> StoreError:
    """What is told of an image or a mask that was not read: the sentence (`status`), or that the system cannot now (503)."""
    if lack := lack_of(error):
        return StoreError(503, f"a file cannot be read now ({lack}): {KEPT_NOTHING}")
    return StoreError(status, sentence)


@contextmanager
def told(database: str) -> Iterator[None]:
    """Turns what the driver of the `database` or the disk says within the block into a StoreError; mistakes of ours stay."""
    try:
        with disk_told("the study folder"):
            yield
    except IntegrityError:
        raise
    except (DataError, OverflowError, UnicodeEncodeError) as error:
        said = " ".join(str(error.orig if isinstance(error, DataError) else error).split())
        raise StoreError(422, f"no such name, text or number can be in the store ({said[:200]})") from error
    except DBAPIError as error:
        said = " ".join(str(error.orig).split())
        if "malformed" in said or "not a database" in said:
            raise DamagedError(database, said) from error
        state = _state(error)
        status, meaning = next(
            (m for text, m in _DATABASE.items() if text in said or text == state), (503, "gives no answer; is it running?")
        )
        raise StoreError(status, f"the database {database} {meaning} ({said})") from error


def had_no_room(error: DBAPIError) -> bool:
    """Whether the database says that the disk is full: then what it was about to write is surely not in there."""
    return NO_ROOM in str(error.orig) or _state(error) == DISK_FULL


def _state(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


@contextmanager
def disk_told(folder: str) -> Iterator[None]:
    """Turns what the disk of a `folder` says within the block into a StoreError; mistakes of ours stay."""
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK:
            raise
        status, meaning = _DISK[error.errno]
        # of a copy the second one is written
        path = error.filename2 or error.filename or folder
        raise StoreError(status, f"{path} cannot be written, {meaning}") from error
