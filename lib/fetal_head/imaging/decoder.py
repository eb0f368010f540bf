"""Compressed DICOM pixels, decoded by a process of their own: GDCM aborts on damaged ones, and would take the server with it."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PROGRAM = "fetal_head.imaging.decoder_process"
LONGEST_SECONDS = 60.0
# a service that is stopped tells all of its processes
BY_OTHERS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Decoder:
    """Keeps one process that decodes one file after the other, and starts another when it has died. For any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def decode(self, path: Path) -> tuple[NDArray[np.generic], str]:
        """Pixels of a file as pydicom gives them, (rows, columns) or (rows, columns, 3), and their photometric interpretation.

        Raises:
            ValueError: they cannot be decoded; from a MemoryError or an OSError where the system lacked what it takes.
        """
        with self._lock:
            # what took the memory may be gone by now
            answer = self._answer_to(path) or self._answer_to(path)
        if answer is None:
            raise ValueError("its pixels cannot be decoded: the decoder was killed") from MemoryError()
        if "error" in answer:
            number = answer["errno"]
            lack = OSError(number, os.strerror(number)) if number else None
            raise ValueError(f"its pixels cannot be decoded: {answer['error']}") from lack
        return np.load(io.BytesIO(answer["pixels"]), allow_pickle=False), answer["interpretation"]

    def _answer_to(self, path: Path) -> dict[str, Any] | None:
        """What the process says of a file; None where it was killed, by the system for its memory or with its server."""
        process, started = self._running(), time.monotonic()
        clock = threading.Timer(LONGEST_SECONDS, process.kill)
        clock.start()
        try:
            return _ask(process, path)
        except (OSError, ValueError):
            is_of_file = time.monotonic() - started >= LONGEST_SECONDS
            process.kill()
            if -process.wait() in BY_OTHERS and not is_of_file:
                return None
            return {"error": "the decoder ended on them", "errno": None}
        finally:
            clock.cancel()

    def _running(self) -> subprocess.Popen[bytes]:
        # a fork has its parent's process, but must not talk to it
        if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
            command = [sys.executable, "-m", PROGRAM]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            self._process, self._owner = subprocess.Popen(command, **pipes), os.getpid()  # type: ignore[call-overload]
        return self._process


def _ask(process: subprocess.Popen[bytes], path: Path) -> dict[str, Any]:
    """Raises OSError or ValueError where the process ends before it has answered."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(str(path.absolute())).encode() + b"\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    pixels = process.stdout.read(answer["length"])
    if len(pixels) < answer["length"]:
        raise ValueError("the answer ends within its pixels")
    return {**answer, "pixels": pixels}
