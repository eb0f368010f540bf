"""Changes that an ultrasound image may suffer without its anatomy changing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from monai.transforms.compose import Compose
from monai.transforms.croppad.dictionary import CenterSpatialCropd
from monai.transforms.intensity.dictionary import (
    RandAdjustContrastd,
    RandBiasFieldd,
    RandCoarseDropoutd,
    RandGaussianNoised,
    RandGaussianSmoothd,
)
from monai.transforms.spatial.dictionary import Rand2DElasticd, RandFlipd
from monai.transforms.transform import Transform

from fetal_head.learning.samples import View

# image and target are moved as one stack of planes: one interpolation instead of two, and no chance of moving them apart
PLANES, IMAGE = "planes", "image"


def _flip(size: tuple[int, int]) -> list[Transform]:
    # left-right only: the far half of the head, in which the lateral ventricle is drawn, must stay far from the probe
    return [RandFlipd(PLANES, prob=0.5, spatial_axis=1)]


def _movement(size: tuple[int, int]) -> list[Transform]:
    return [
        Rand2DElasticd(
            PLANES,
            spacing=(32, 32),
            magnitude_range=(0, 3),
            prob=0.95,
            rotate_range=0.4,
            scale_range=(0.2, 0.2),
            shear_range=(0.1, 0.1),
            translate_range=(size[0] / 10, size[1] / 10),
            spatial_size=size,
            mode="bilinear",
            padding_mode="zeros",
        )
    ]


def _gain() -> list[Transform]:
    return [
        RandAdjustContrastd(IMAGE, prob=0.5, gamma=(0.6, 1.7)),
        RandBiasFieldd(IMAGE, prob=0.3, coeff_range=(0.0, 0.3)),
    ]


def _speckle() -> list[Transform]:
    return [
        RandGaussianSmoothd(IMAGE, prob=0.2, sigma_x=(0.4, 1.2), sigma_y=(0.4, 1.2)),
        RandGaussianNoised(IMAGE, prob=0.3, std=0.15),
    ]


def _shadow() -> list[Transform]:
    return [RandCoarseDropoutd(IMAGE, holes=1, max_holes=3, spatial_size=12, max_spatial_size=30, prob=0.15, fill_value=0)]


@dataclass(frozen=True)
class AugmentationSet:
    """What moves the pixels, given the size that comes out, and what changes their grey."""

    spatial: Sequence[Callable[[tuple[int, int]], list[Transform]]] = ()
    grey: Sequence[Callable[[], list[Transform]]] = ()


SETS: dict[str, AugmentationSet] = {
    "none": AugmentationSet(),
    "flip": AugmentationSet((_flip,)),
    "spatial": AugmentationSet((_flip, _movement)),
    "grey": AugmentationSet((_flip,), (_gain, _speckle, _shadow)),
    "full": AugmentationSet((_flip, _movement), (_gain, _speckle, _shadow)),
}


class Augmentation:
    """Cuts a view to the network's size and changes it at random, the same way for the same seed."""

    def __init__(self, name: str, size: tuple[int, int]) -> None:
        """`name` of a set in `SETS`; `size` is what comes out, at most as large as the views."""
        chosen = SETS[name]
        spatial = [transform for make in chosen.spatial for transform in make(size)]
        self._spatial = Compose([*spatial, CenterSpatialCropd(PLANES, size)])
        self._grey = Compose([transform for make in chosen.grey for transform in make()])

    def __call__(self, view: View, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
        """(1, *size) image and (S, *size) float target of 0 and 1."""
        self._spatial.set_random_state(seed)
        self._grey.set_random_state(seed + 1)
        planes = self._spatial({PLANES: torch.cat([view.image.float(), view.target.float()])})[PLANES]
        moved = torch.as_tensor(planes.as_tensor())
        image = self._grey({IMAGE: moved[:1]})[IMAGE]
        return torch.as_tensor(image), (moved[1:] > 0.5).float()
