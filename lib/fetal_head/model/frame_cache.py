"""Images as the network sees them, kept on disk: the next model that cuts them alike is spared reading and locating."""

from __future__ import annotations

import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np

from fetal_head.files import clear_strays, replacing
from fetal_head.model.scoring import Picture


class FrameCache:
    """Frames of one way of cutting, in a folder of at most so many bytes.

    What does not fit any more is not kept: images are gone through in turn, so each newcomer would drive out what is needed
    sooner. Frames of another way of cutting are thrown away.
    """

    def __init__(self, folder: Path, digest: str, limit: int) -> None:
        """`digest` is that of a `Scorer`'s frames."""
        self._folder = folder / digest
        self._limit = limit
        for other in folder.iterdir() if folder.is_dir() else ():
            if other != self._folder:
                shutil.rmtree(other, ignore_errors=True)
        clear_strays(self._folder)
        self._size = sum(path.stat().st_size for path in self._folder.glob("*.npy"))

    def get(self, key: str) -> Picture | None:
        """The frame kept under a key, which names an image and its state; None when there is none."""
        try:
            frame: Picture = np.load(self._path(key), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        return frame

    def put(self, key: str, frame: Picture) -> None:
        """Keeps a frame if there is room; a disk that takes none is no reason to stop."""
        if self._size + frame.nbytes > self._limit:
            return
        try:
            with replacing(self._path(key)) as temporary:
                np.save(temporary, frame)
        except OSError:
            self._limit = 0
            return
        self._size += frame.nbytes

    def _path(self, key: str) -> Path:
        return self._folder / f"{sha256(key.encode()).hexdigest()[:32]}.npy"
