"""By what a file is known again without reading it."""

from __future__ import annotations

import errno
import time
from pathlib import Path
from typing import NamedTuple


class Stamp(NamedTuple):
    """Size and time of a file."""

    size: int
    mtime_ns: int

    def is_quiet(self, seconds: float) -> bool:
        """Whether nobody has written into the file for so long; a time to come, of a clock that was set back, tells nothing."""
        return abs(time.time_ns() - self.mtime_ns) >= seconds * 1e9


def stamp_of(path: Path) -> Stamp | None:
    """The stamp of a file, None when it is not there, or a link that leads to itself."""
    try:
        status = path.stat()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return None
        raise
    return Stamp(status.st_size, status.st_mtime_ns)


def ctime_of(path: Path) -> int | None:
    """When a file was last changed or renamed, whatever time it was given; None when it is not there."""
    try:
        return path.stat().st_ctime_ns
    except OSError:
        return None
