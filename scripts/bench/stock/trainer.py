"""MONAI Label's own training, which looks at how far it has come and ends where another one did."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ignite.engine import Events
from monai.inferers import SimpleInferer
from monai.losses import DiceCELoss
from monai.networks.nets import BasicUNet
from monai.transforms import (
    Activationsd,
    AsDiscreted,
    EnsureChannelFirstd,
    EnsureTyped,
    Lambdad,
    LoadImaged,
    RandFlipd,
    RandRotated,
    RandScaleIntensityd,
    Resized,
    ScaleIntensityd,
    SqueezeDimd,
)
from monailabel.tasks.train.basic_train import BasicTrainTask
from PIL import Image

from fetal_head.config import load_settings
from fetal_head.evaluation.pairs import Pair
from fetal_head.learning.split import split
from fetal_head.simulation.summary import MEAN, figures
from fetal_head.simulation.training import judged

SIZE = (384, 256)
LOOK_EVERY = 10


class StockTrainer(BasicTrainTask):
    """A segmentation task with the settings of MONAI Label's radiology example."""

    def __init__(
        self,
        folder: Path,
        files: Sequence[dict[str, str]],
        patients: Sequence[str],
        test: Sequence[Pair],
        goal: float,
        minutes: float,
    ) -> None:
        super().__init__(str(folder), "stock", amp=False)
        chosen, held = split(patients, load_settings().learning.validation_folds)
        self._train, self._held = [files[i] for i in chosen], [files[i] for i in held]
        self._test, self._goal, self._minutes = test, goal, minutes
        self._network = BasicUNet(spatial_dims=2, in_channels=1, out_channels=4)
        # seconds of training, mean Dice on the test images
        self.course: list[tuple[float, float]] = []

    def run(self) -> None:
        """Trains until the goal is reached or the time is over."""
        request = {"device": "cpu", "max_epochs": 100_000, "train_batch_size": 1, "val_split": 0, "dataset": "CacheDataset"}
        self._looked, self._started = 0.0, time.perf_counter()
        self({**request, "dataloader": "ThreadDataLoader", "tracking": "None", "val_ds": self._held}, self)

    def datalist(self) -> list[dict[str, str]]:
        return self._train

    def network(self, context: Any) -> torch.nn.Module:
        return self._network

    def optimizer(self, context: Any) -> torch.optim.Optimizer:
        return torch.optim.AdamW(context.network.parameters(), lr=1e-4, weight_decay=1e-5)

    def loss_function(self, context: Any) -> torch.nn.Module:
        return DiceCELoss(to_onehot_y=True, softmax=True, squared_pred=True, batch=True)

    def train_handlers(self, context: Any) -> list[Any]:
        return [*super().train_handlers(context), self]

    def attach(self, engine: Any) -> None:
        engine.add_event_handler(Events.EPOCH_COMPLETED(every=LOOK_EVERY), self._look)

    def train_pre_transforms(self, context: Any) -> list[Any]:
        return [
            *self.val_pre_transforms(context),
            RandFlipd(("image", "label"), prob=0.5, spatial_axis=0),
            RandRotated(("image", "label"), range_x=0.3, prob=0.5, mode=("bilinear", "nearest")),
            RandScaleIntensityd("image", factors=0.2, prob=0.5),
        ]

    def val_pre_transforms(self, context: Any) -> list[Any]:
        return [
            LoadImaged(("image", "label")),
            EnsureChannelFirstd(("image", "label")),
            # a label has the one slice that viewers want
            SqueezeDimd("label", -1),
            Lambdad("image", lambda image: image.mean(0, keepdim=True)),
            ScaleIntensityd("image"),
            Resized(("image", "label"), SIZE, mode=("area", "nearest")),
            EnsureTyped(("image", "label")),
        ]

    def train_post_transforms(self, context: Any) -> list[Any]:
        return [
            EnsureTyped(("pred", "label")),
            Activationsd("pred", softmax=True),
            AsDiscreted(("pred", "label"), argmax=(True, False), to_onehot=4),
        ]

    def val_inferer(self, context: Any) -> Any:
        return SimpleInferer()

    def _look(self, engine: Any) -> None:
        now = time.perf_counter()
        seconds = now - self._started - self._looked
        self._network.eval()
        self.course.append((seconds, float(figures(judged(self._predict, self._test))[MEAN] or 0)))
        self._network.train()
        self._looked += time.perf_counter() - now
        if self.course[-1][1] >= self._goal or seconds > 60 * self._minutes:
            engine.terminate()

    def _predict(self, image: np.ndarray) -> np.ndarray:
        scaled = (image - image.min()) / max(float(np.ptp(image)), 1.0)
        small = torch.nn.functional.interpolate(torch.from_numpy(scaled.T[None, None].copy()).float(), SIZE, mode="area")
        with torch.inference_mode():
            found = self._network(small).argmax(1)[0].numpy().astype(np.uint8).T
        return np.asarray(Image.fromarray(found).resize(image.shape[::-1], Image.Resampling.NEAREST))
