"""The background worker of a server: scores images with the served model, and measures what people changed of predictions."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from numpy.typing import NDArray

from fetal_head.ahead import ahead
from fetal_head.batched import batched
from fetal_head.config import Settings
from fetal_head.imaging import read_image
from fetal_head.imaging.limits import lack_of
from fetal_head.model.frame_cache import FrameCache
from fetal_head.model.registry import Registry, Version
from fetal_head.model.scoring import Picture, Score, Scorer
from fetal_head.model.traffic import Traffic
from fetal_head.model.weights import load_weights
from fetal_head.pseudonym import pseudonym, without_file
from fetal_head.stamp import Stamp
from fetal_head.store.labels.effort import measure_efforts
from fetal_head.store.store import Store
from fetal_head.store.worklist.scores import Unscored, forget_others, unscored, write_scores

LOCK = "scoring.lock"
FRAMES = "frames"
# when there is nothing to do
EVERY_SECONDS = 2.0
# until an image is tried again that the system could not read
AGAIN_SECONDS = 60.0
# on a CPU one image with all its samples: two are no quicker, take 30 MB more for ever, and a prediction that begins meanwhile
# has to share the CPU for longer
BATCH_CPU, BATCH_GPU = 1, 64
# images in one question to the database, and labels whose effort is measured before them
QUEUE = 64
# of the system's scale of -20 to 19: what is left over by those that somebody waits for
NICE = 15

logger = logging.getLogger(__name__)


class ScoringWorker(threading.Thread):
    """One for each study, however many servers look after it: the second one stands by until the first one is gone."""

    def __init__(self, store: Store, registry: Registry, traffic: Traffic, settings: Settings) -> None:
        """`traffic`: the predictions to which it gives way."""
        super().__init__(name="scoring", daemon=True)
        self._store = store
        self._registry = registry
        self._traffic = traffic
        self._settings = settings
        self._known: tuple[Version, Stamp | None] | None = None
        self._loaded: tuple[tuple[Version, Stamp | None] | None, Scorer, FrameCache] | None = None
        self._told = ""
        # when it was that they could not be read
        self._unread: dict[Unscored, float] = {}

    def run(self) -> None:
        """Works until the process ends."""
        _be_nice()
        # a lock of the operating system, so that it vanishes with its process
        with FileLock(self._store.layout.hidden / LOCK).acquire(poll_interval=EVERY_SECONDS):
            while True:
                if not self._try():
                    time.sleep(EVERY_SECONDS)

    def _try(self) -> bool:
        try:
            busy = self.work()
        except Exception as error:  # whatever it is, the next round may go well
            if str(error) != self._told:
                self._told = str(error)
                logger.warning("images were not scored: %s", without_file(error))
            return False
        self._told = ""
        return busy

    def work(self) -> bool:
        """Does what is there to do for a few seconds; False when there was nothing."""
        version = self._registry.current()
        if (file := version.file) != self._known:
            forget_others(self._store, version.name, self._made_by(version))
            self._known = file
        images = self._waiting(version)
        measured = measure_efforts(self._store, QUEUE, self._traffic.wait_until_quiet)
        if images:
            self._score_all(version, images)
        return bool(images) or measured > 0

    def _score_all(self, version: Version, images: Sequence[Unscored]) -> None:
        """Scores images until another version is served."""
        # making a model ready takes seconds
        self._traffic.wait_until_quiet()
        scorer, cache = self._model(version)
        # reading takes a fifth of the time, and keeps no more than one core busy
        for batch, read in ahead((batch, _read(batch, cache)) for batch in batched(images, self._batch_size)):
            self._traffic.wait_until_quiet()
            if self._registry.current().file != self._known:
                break
            scored = _scored(read, scorer, cache)
            write_scores(self._store, version.name, [(image, scored[image.id]) for image in batch if image.id in scored])
            self._unread |= dict.fromkeys((image for image in batch if image.id not in scored), time.monotonic())

    def _waiting(self, version: Version) -> list[Unscored]:
        """Some of the images that are to be scored, less those that the system could not read not long ago."""
        begun = time.monotonic() - AGAIN_SECONDS
        self._unread = {image: at for image, at in self._unread.items() if at > begun}
        images = unscored(self._store, version.name, QUEUE + len(self._unread))
        return [image for image in images if image not in self._unread]

    @property
    def _batch_size(self) -> int:
        return BATCH_GPU if torch.cuda.is_available() else BATCH_CPU

    def _made_by(self, version: Version) -> str:
        samples = self._settings.selection.model_dump_json(include={"dropout_samples", "dropout_rate"})
        return sha256(version.path.read_bytes() + (self._settings.model.model_dump_json() + samples).encode()).hexdigest()

    def _model(self, version: Version) -> tuple[Scorer, FrameCache]:
        if self._loaded is None or self._loaded[0] != self._known:
            networks, description = load_weights(version.path)
            scorer = Scorer(networks, description.architecture, self._settings.model, self._settings.selection)
            limit = self._settings.selection.frame_cache_mb * 2**20
            self._loaded = self._known, scorer, FrameCache(self._store.layout.hidden / FRAMES, scorer.frames_digest, limit)
        return self._loaded[1:]


@dataclass(frozen=True)
class _Read:
    """What there is of images before a model is asked, by image; nothing of those that the system could not read.

    Attributes:
        frames: that were kept.
        pixels: of images of which no frame was kept.
        damaged: why damaged ones have neither.
    """

    frames: dict[str, Picture]
    pixels: dict[Unscored, NDArray[np.float32]]
    damaged: dict[str, str]


def _read(images: Sequence[Unscored], cache: FrameCache) -> _Read:
    read = _Read({image.id: frame for image in images if (frame := cache.get(image.key)) is not None}, {}, {})
    for image in images:
        if image.id not in read.frames:
            try:
                read.pixels[image] = read_image(image.path)[0]
            except (ValueError, OSError) as error:
                if lack := _lack(image.path, error):
                    _say_unread(image.id, lack)
                else:
                    read.damaged[image.id] = str(error)
    return read


def _scored(read: _Read, scorer: Scorer, cache: FrameCache) -> dict[str, Score | str]:
    """What becomes of images, by image: a score, or why there is none. Frames that were not kept are from now on."""
    frames = dict(read.frames)
    if read.pixels:
        for image, frame in zip(read.pixels, scorer.frames(list(read.pixels.values())), strict=True):
            cache.put(image.key, frame)
            frames[image.id] = frame
    scores = scorer.scores(list(frames.values())) if frames else []
    return {**read.damaged, **dict(zip(frames, scores, strict=True))}


def _lack(path: Path, error: Exception) -> str | None:
    """What the system lacked to read a file; None where it is the file that is damaged."""
    return lack_of(error) or (None if path.is_file() else "it was not there")


@cache
def _say_unread(image_id: str, lack: str) -> None:
    """Says so once, for it is tried again and again."""
    logger.warning("the image %s could not be read (%s); it is tried again every minute", pseudonym(image_id), lack)


def _be_nice() -> None:
    """Gives this thread, and those that it starts, a low priority where the system has one for threads."""
    # Windows has none, and a system may forbid it
    with suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
