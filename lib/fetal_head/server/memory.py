"""How the server's process holds memory."""

from __future__ import annotations

import ctypes
from contextlib import suppress

ARENAS = 2
# of glibc's malloc.h
M_ARENA_MAX = -8


def share_arenas() -> None:
    """From now on this process's threads take their memory from a few common arenas, where the C library is glibc.

    By default each has one of its own, which keeps what the largest prediction of that thread took.
    """
    # Windows cannot be asked in this way, other libraries have no arenas
    with suppress(TypeError, OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)
