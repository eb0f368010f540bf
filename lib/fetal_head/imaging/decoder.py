"""Compressed DICOM pixels, decoded by a process of their own: GDCM aborts on damaged ones, and would take the server with it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PROGRAM = "fetal_head.imaging.decoder_process"
LONGEST_SECONDS = 60.0


class Decoder:
    """Keeps one process that decodes one file after the other, and starts another when it has died. For any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def decode(self, path: Path) -> tuple[NDArray[np.generic], str]:
        """Pixels of a file as pydicom gives them, (rows, columns) or (rows, columns, 3), and their photometric interpretation.

        Raises:
            ValueError: they cannot be decoded.
        """
        with self._lock:
            process = self._running()
            clock = threading.Timer(LONGEST_SECONDS, process.kill)
            clock.start()
            try:
                answer = _ask(process, path)
            finally:
                clock.cancel()
        if "error" in answer:
            raise ValueError(f"its pixels cannot be decoded: {answer['error']}")
        return np.load(io.BytesIO(answer["pixels"]), allow_pickle=False), answer["interpretation"]

    def _running(self) -> subprocess.Popen[bytes]:
        # a fork has its parent's process, but must not talk to it
        if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
            command = [sys.executable, "-m", PROGRAM]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            self._process, self._owner = subprocess.Popen(command, **pipes), os.getpid()  # type: ignore[call-overload]
        return self._process


def _ask(process: subprocess.Popen[bytes], path: Path) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(str(path.absolute())).encode() + b"\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        return {**answer, "pixels": process.stdout.read(answer["length"])}
    except (OSError, ValueError):
        process.kill()
        process.wait()
        return {"error": "the decoder ended on them"}
