"""Files that change together with a transaction of the database."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from fetal_head.files import held_in, sync, temporary_in

# the time of a file, 2001-02-03 04:05:06 UTC, as long as it may not be on disk; whole even seconds are kept by every file system
UNSETTLED = 981_173_106 * 1_000_000_000
# of a file that names the images of which something is being written anew
ALTERING = ".altering-"

logger = logging.getLogger(__name__)


class FileChanges:
    """Changes files at once, each of them whole, and remembers how they were, for the case that the transaction fails.

    A kill between the files and the commit leaves them changed: the next look at the folder puts that right, for what was there
    before by a note of the images that it is of (`alter`).

    Args:
        writing: a folder for files that are being written, on the same disk as those that they become.
        many: so many files that they are brought to disk together, by `finish`, and not one by one.
    """

    def __init__(self, writing: Path, many: bool) -> None:
        self._writing = writing
        self._many = many
        self._folders: set[Path] = set()
        self._undo: list[Callable[[], object]] = []
        self._altered: set[str] = set()
        self._note: tuple[int, Path] | None = None

    def alter(self, image: str) -> None:
        """Called before what is known of an image is written anew: notes that on disk until it is settled whether it holds."""
        if image in self._altered:
            return
        if self._note is None:
            self._folder(self._writing)
            self._note = held_in(self._writing, ALTERING)
            sync(self._writing)
        handle, _ = self._note
        os.write(handle, f"{image}\n".encode())
        if not self._many:
            os.fsync(handle)
        self._altered.add(image)

    def put(self, path: Path, content: bytes, *, mtime_ns: int | None = None, mode: int = 0o644) -> None:
        """Writes a file, with a time of its own or that of the clock."""
        self._prepare(path, mode)
        self._write(path, content, mtime_ns, mode)

    def put_copy(self, path: Path, content: bytes, mtime_ns: int) -> None:
        """Writes a file that can be made again from others: it is not waited for until it is on disk.

        Until somebody has waited for it (see `intake/labels`), it has the time UNSETTLED: after a power cut it may hold anything.
        """
        self._prepare(path, 0o644)
        if self._many:
            self._write(path, content, mtime_ns)
        else:
            self._write(path, content, UNSETTLED, to_disk=False)

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
        """Called before the commit: afterwards every change is on disk, but for copies."""
        if self._many and self._undo:
            os.sync()
        else:
            for folder in self._folders:
                sync(folder)

    def undo(self) -> None:
        """Puts everything back, the last change first. What a full disk does not take back is left to the next look."""
        is_back = True
        while self._undo:
            try:
                self._undo.pop()()
            except OSError as error:
                is_back = False
                logger.warning("a file was not put back as it was: %s", error.strerror)
        self.finish()
        if is_back:
            self.settled()

    def settled(self) -> None:
        """Called once it is certain that files and database agree: nothing is left to the next look."""
        if self._note is not None:
            self._note[1].unlink(missing_ok=True)

    def close(self) -> None:
        """Leaves what is not settled to the next look, by whichever process."""
        if self._note is not None:
            os.close(self._note[0])

    def _prepare(self, path: Path, mode: int) -> None:
        before = (path.read_bytes(), path.stat().st_mtime_ns) if path.exists() else None
        self._folder(path.parent)
        self._folder(self._writing)
        self._undo.append(partial(self._write, path, *before, mode) if before else partial(path.unlink, missing_ok=True))

    def _folder(self, folder: Path) -> None:
        if not folder.exists():
            self._folder(folder.parent)
            folder.mkdir(exist_ok=True)
            self._folders.add(folder.parent)

    def _write(self, path: Path, content: bytes, mtime_ns: int | None, mode: int = 0o644, *, to_disk: bool = True) -> None:
        with temporary_in(self._writing) as temporary:
            temporary.write_bytes(content)
            temporary.chmod(mode)
            if mtime_ns is not None:
                os.utime(temporary, ns=(mtime_ns, mtime_ns))
            if to_disk and not self._many:
                sync(temporary)
                self._folders.add(path.parent)
            temporary.replace(path)
