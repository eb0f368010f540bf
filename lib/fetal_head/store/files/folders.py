"""What lies in a folder of a study, less what is hidden and what the database cannot hold, which is named."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from fetal_head.store.files.left_out import leave_out
from fetal_head.store.said import MAX_INTEGER


def files_in(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Name, size and time (ns) of each file in a folder. Raises OSError where the folder cannot be looked at."""
    for entry in _entries(folder):
        try:
            if not entry.is_file():
                continue
            status = entry.stat()
        except FileNotFoundError:  # removed just now
            continue
        except OSError as error:
            leave_out(folder / entry.name, f"it cannot be looked at ({error.strerror})")
            continue
        if abs(status.st_mtime_ns) <= MAX_INTEGER:
            yield entry.name, status.st_size, status.st_mtime_ns
        else:
            leave_out(folder / entry.name, "its time is in another age: touch it")


def folders_in(folder: Path) -> list[str]:
    """The folders in a folder, in the order of their names; none where there is no such folder."""
    # not `entry.is_dir`, which raises an error for a link that leads to itself
    return sorted(entry.name for entry in _entries(folder) if os.path.isdir(entry)) if folder.is_dir() else []


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """What is in a folder and not hidden."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.name.isprintable():
                yield entry
            else:  # the database cannot hold it
                leave_out(folder / entry.name, "its name holds what is no character: call it otherwise")
