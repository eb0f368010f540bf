"""Files that change together with a transaction of the database."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import mkstemp


class FileChanges:
    """Changes files at once, each of them whole, and remembers how they were, for the case that the transaction fails.

    A kill between the files and the commit leaves them changed: the next look at the folder puts that right.

    Args:
        many: so many files that they are brought to disk together, by `finish`, and not one by one.
    """

    def __init__(self, many: bool = False) -> None:
        self._many = many
        self._folders: set[Path] = set()
        self._undo: list[Callable[[], object]] = []

    def put(self, path: Path, content: bytes, *, mtime_ns: int | None = None, mode: int = 0o644) -> None:
        """Writes a file, with a time of its own or that of the clock."""
        before = (path.read_bytes(), path.stat().st_mtime_ns) if path.exists() else None
        self._folder(path.parent)
        self._undo.append(partial(self._write, path, *before, mode) if before else partial(path.unlink, missing_ok=True))
        self._write(path, content, mtime_ns, mode)

    def remove(self, path: Path) -> None:
        """Removes a small file, if it is there."""
        if path.exists():
            status = path.stat()
            self._undo.append(partial(self._write, path, path.read_bytes(), status.st_mtime_ns, status.st_mode & 0o777))
            path.unlink()
            self._folders.add(path.parent)

    def move(self, path: Path, to: Path) -> None:
        """Moves a file to a name that nobody has. Raises FileExistsError when somebody has."""
        self._folder(to.parent)
        # no hard link, which would be safer: network folders of Windows have none
        if to.exists():
            raise FileExistsError(f"{to} is there already")
        path.rename(to)
        self._undo.append(partial(to.rename, path))
        self._folders |= {path.parent, to.parent}

    def finish(self) -> None:
        """Called before the commit: afterwards every change is on disk."""
        if self._many and self._undo:
            os.sync()
        else:
            for folder in self._folders:
                _to_disk(folder)

    def undo(self) -> None:
        """Puts everything back, the last change first."""
        while self._undo:
            self._undo.pop()()
        self.finish()

    def _folder(self, folder: Path) -> None:
        if not folder.exists():
            self._folder(folder.parent)
            folder.mkdir(exist_ok=True)
            self._folders.add(folder.parent)

    def _write(self, path: Path, content: bytes, mtime_ns: int | None, mode: int) -> None:
        handle, name = mkstemp(dir=path.parent, prefix=".writing-")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                os.fchmod(handle, mode)
                file.flush()
                if mtime_ns is not None:
                    os.utime(temporary, ns=(mtime_ns, mtime_ns))
                if not self._many:
                    os.fsync(handle)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        self._folders.add(path.parent)


def _to_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
