"""MONAI Label's train task over the trainer and the registry."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict
from typing import Any

from monailabel.interfaces.tasks.train import TrainTask

from fetal_head.config import Settings
from fetal_head.files import NO_ROOM
from fetal_head.learning.form import from_served, with_form
from fetal_head.learning.retraining import retrain
from fetal_head.learning.running import AlreadyTrainingError
from fetal_head.learning.trainer import Epoch
from fetal_head.model.registry import Registry
from fetal_head.pseudonym import nameless
from fetal_head.server.child import die_with_parent
from fetal_head.store.labels.labelled import labelled_images
from fetal_head.store.study import StudyDatastore
from fetal_head.tasks.progress import Progress

logger = logging.getLogger(__name__)


class Train(TrainTask):  # type: ignore[misc]
    """Trains on every submitted label and publishes what is better; runs in a process of its own."""

    def __init__(self, registry: Registry, settings: Settings) -> None:
        super().__init__("Train on all submitted labels, starting from the served model")
        self._registry = registry
        self._settings = settings
        self._progress = Progress(registry.folder)

    def config(self) -> dict[str, Any]:
        """What the viewer's Train form offers; `pretrained` starts from the served model, else from random weights."""
        learning = self._settings.learning
        return {
            "max_epochs": learning.max_epochs,
            "train_batch_size": learning.batch_size,
            "pretrained": True,
        }

    def stats(self) -> dict[str, Any]:
        """Progress of the running training or result of the last one, as Slicer's progress and accuracy bars read it."""
        return self._progress.read()

    def __call__(self, request: dict[str, Any], datastore: StudyDatastore) -> dict[str, Any]:
        """Trains and returns the last `stats`.

        Without a usable label, while another one runs, or where the disk is full, it stops with one sentence.
        """
        die_with_parent()
        started = time.monotonic()

        def report(epoch: Epoch) -> None:
            logger.info("epoch %d/%d: loss %s, Dice %s", epoch.number, epoch.of, epoch.loss, epoch.dice)
            self._progress.write(self._epoch_stats(epoch))

        labels = labelled_images(datastore.store)

        def without_names(text: str) -> str:
            return nameless(text, [label.id for label in labels])

        try:
            outcome = retrain(
                labels,
                with_form(self._settings, request),
                self._registry,
                start=self._registry.current() if from_served(request) else None,
                on_begin=lambda: self._progress.write({}),
                on_epoch=report,
                say=lambda text: logger.warning("%s", without_names(text)),
            )
        except (ValueError, AlreadyTrainingError) as error:
            raise SystemExit(f"The training was not started: {without_names(str(error))}") from None
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            where = error.filename2 or error.filename or self._registry.folder
            message = f"The training was broken off: {where} cannot be written, the disk is full: make room and train again"
            raise SystemExit(f"{message}; it goes on after its last whole epoch") from None
        if outcome is None:
            return {}
        result = {
            **self._epoch_stats(outcome.last),
            "total_time": round(time.monotonic() - started, 1),
            "model_version": outcome.version,
            "published": outcome.published,
            "verdict": asdict(outcome.verdict),
            "left_out": {label.id: label.reason for label in outcome.left_out},
        }
        logger.info("version %s is %s: %s", outcome.version, "served" if outcome.published else "kept", outcome.verdict.reason)
        self._progress.write(result)
        return result

    @staticmethod
    def _epoch_stats(epoch: Epoch) -> dict[str, Any]:
        return {
            "epoch": epoch.number,
            "total_epochs": epoch.of,
            "train": epoch.loss,
            "eval": epoch.dice,
            "seconds_left": round(epoch.seconds_left),
            "best_metric": epoch.score or 0.0,
        }
