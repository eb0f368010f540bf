"""The memory of a server's process."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# glibc tells of each arena as a heap
SCRIPT = """
import ctypes, threading
from fetal_head.server.memory import share_arenas
if {shared}:
    share_arenas()
begun = threading.Barrier(7)
def take():
    bytearray(100_000)
    begun.wait()
threads = [threading.Thread(target=take) for _ in range(6)]
for thread in threads:
    thread.start()
begun.wait()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_threads_share_arenas() -> None:
    assert _arenas(shared=True) == 2
    assert _arenas(shared=False) > 2


def _arenas(shared: bool) -> int:
    told = subprocess.run([sys.executable, "-c", SCRIPT.format(shared=shared)], check=True, capture_output=True, text=True)
    return told.stdout.count("<heap ")
