"""Small labelled images that a small network learns within seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fetal_head.config import Settings, load_settings
from fetal_head.imaging import Geometry, write_mask
from fetal_head.learning.samples import Labelled
from fetal_head.stamp import stamp_of
from pictures import three_structures, write_picture

SMALL = {
    "locator_rows": "32",
    "locator_columns": "64",
    "frame_rows": "32",
    "frame_columns": "48",
    "network": "unet",
    "channels": "[8, 16, 32]",
    "max_epochs": "3",
    "batches_per_epoch": "8",
    "learning_rate": "0.01",
    "batch_size": "4",
    "tracking_url": "none",
}


def small_settings(**changes: object) -> Settings:
    """Settings of a training that takes seconds."""
    return load_settings({**SMALL, **{key: str(value) for key, value in changes.items()}})


def small_study(folder: Path, count: int) -> list[Labelled]:
    """`count` labelled images, each of a patient of its own."""
    labels = []
    for number in range(count):
        mask = np.roll(three_structures(60, 120), number, axis=1)
        name = f"image{number}"
        picture = write_picture(folder / f"{name}.png", (mask * 60 + 20).astype(np.uint8))
        write_mask(folder / f"{name}.nrrd", mask, Geometry(mask.shape))
        labels.append(Labelled(name, picture, folder / f"{name}.nrrd", stamp=stamp_of(picture)))
    return labels
