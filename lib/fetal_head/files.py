"""Files that are either wholly there or not there at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp


def suffix_of(path: str | os.PathLike[str]) -> str:
    """The extension of an image file, in lower case, with `.nii.gz` and `.seg.nrrd` taken as one."""
    name = Path(path).name.lower()
    for double in (".nii.gz", ".seg.nrrd"):
        if name.endswith(double):
            return double
    return Path(name).suffix


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file beside `path`, with the same extension, that takes its place once it is whole and on disk.

    A reader sees the old file or the new one; an error or a crash leaves the old one as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = mkstemp(dir=path.parent, prefix=".writing-", suffix=suffix_of(path))
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        _to_disk(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
        _to_disk(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes `text` as UTF-8, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
