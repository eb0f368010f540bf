"""Files that are either wholly there or not there at all."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, mkstemp

WRITING = ".writing-"
# what a system says of a full disk, and of a user's share that is used up
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def suffix_of(path: str | os.PathLike[str]) -> str:
    """The extension of an image file, in lower case, with `.nii.gz` and `.seg.nrrd` taken as one."""
    name = Path(path).name.lower()
    for double in (".nii.gz", ".seg.nrrd"):
        if name.endswith(double):
            return double
    return Path(name).suffix


@contextmanager
def temporary_in(folder: Path, suffix: str = "") -> Iterator[Path]:
    """A new, empty file in `folder`, gone when the block ends unless it was moved away; `clear_strays` spares it until then."""
    handle, temporary = held_in(folder, WRITING, suffix)
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
        os.close(handle)


def held_in(folder: Path, prefix: str, suffix: str = "") -> tuple[int, Path]:
    """A new, empty file in `folder` and its handle: for `strays_among` somebody holds it until that is closed."""
    handle, name = mkstemp(dir=folder, prefix=prefix, suffix=suffix)
    # a file system without locks has no strays cleared either
    with suppress(OSError):
        fcntl.flock(handle, fcntl.LOCK_EX)
    if os.fstat(handle).st_nlink:
        return handle, Path(name)
    # somebody took it for a stray before it was held
    os.close(handle)
    return held_in(folder, prefix, suffix)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """The same as `temporary_in` has it for a new, empty folder among the system's temporary files."""
    with TemporaryDirectory(prefix=WRITING) as folder, alone_in(Path(folder)):
        yield Path(folder)


def clear_strays(folder: Path) -> None:
    """Removes the temporary files and folders in `folder` whose process was killed."""
    for stray in strays_among(folder.glob(f"{WRITING}*")):
        with suppress(OSError):
            shutil.rmtree(stray) if stray.is_dir() else stray.unlink()


def strays_among(temporary: Iterable[Path]) -> Iterator[Path]:
    """The temporary ones that nobody holds: their process was killed. Each is held here until the next one is asked for."""
    for path in temporary:
        with suppress(OSError), _opened(path) as handle:
            # not `alone_in`, for which on a file system without locks nobody holds anything
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file beside `path`, with the same extension, that takes its place once it is whole and on disk.

    A reader sees the old file or the new one; an error or a crash leaves the old one as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with temporary_in(path.parent, suffix_of(path)) as temporary:
        yield temporary
        sync(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
        sync(path.parent)


@contextmanager
def alone_in(folder: Path, refusal: Exception | None = None) -> Iterator[None]:
    """Keeps everybody else who asks the same of `folder` away until the block or its process ends.

    Raises:
        refusal: somebody is in there; without one it waits for his end.
    """
    with _opened(folder) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB if refusal else fcntl.LOCK_EX)
        except OSError as error:
            # a file system without locks keeps nobody away
            if refusal and isinstance(error, BlockingIOError):
                raise refusal from error
        yield


def write_text(path: Path, text: str) -> None:
    """Writes `text` as UTF-8, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def sync(path: Path) -> None:
    """Returns once a file or the names in a folder are on disk."""
    with _opened(path) as handle:
        os.fsync(handle)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """A handle of a file or a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)
