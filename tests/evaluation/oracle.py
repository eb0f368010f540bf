"""A model whose answer is the picture itself, so that a test draws what is predicted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fetal_head.datasets.shapes import ellipse
from fetal_head.evaluation.evaluate import evaluate_folders
from fetal_head.evaluation.predictor import Planes
from fetal_head.imaging import Mask
from pictures import write_picture

SHAPE = (80, 120)


@dataclass(frozen=True)
class Answer:
    """What the oracle says; its network works at half the size."""

    mask: Mask
    version: str

    def at_network_size(self, truth: Mask) -> tuple[Planes, Planes]:
        return _nested(self.mask), _nested(truth)


class Oracle:
    """Takes an image of the values 0..3 for its prediction."""

    def predict(self, image: NDArray[np.float32]) -> Answer:
        return Answer(image.astype(np.uint8), "oracle")


def _nested(mask: Mask) -> Planes:
    return np.stack([mask > 0, mask == 2, mask == 3])[:, ::2, ::2]


def head(rows: float = 30, columns: float = 40, *, csp: int | None = 50, lv: int | None = 70, brain: bool = True) -> Mask:
    """A mask of `SHAPE` with an ellipse of these half axes, and blocks from columns `csp` and `lv` on; None leaves one out."""
    mask = np.zeros(SHAPE, dtype=np.uint8)
    if brain:
        mask[ellipse(SHAPE, (60, 40), (columns, rows), 0)] = 1
    for value, column, row in ((2, csp, 30), (3, lv, 46)):
        if column is not None:
            mask[row : row + 8, column : column + 10] = value
    return mask


def folders(root: Path, images: dict[str, tuple[Mask, Mask]]) -> tuple[Path, Path]:
    """Folders of images and masks: by name what is predicted, and what is true."""
    for folder in ("images", "masks"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name, (predicted, true) in images.items():
        write_picture(root / "images" / f"{name}.png", predicted)
        write_picture(root / "masks" / f"{name}.png", true)
    return root / "images", root / "masks"


def evaluated(root: Path, images: dict[str, tuple[Mask, Mask]], **options: object) -> dict:
    """The metrics of `images`, as in `folders`; what is written lies in `root / "report"`."""
    return evaluate_folders(*folders(root, images), root / "report", Oracle(), **options)
