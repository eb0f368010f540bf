"""Changes that an ultrasound image may suffer without its anatomy changing."""

from __future__ import annotations

from monai.transforms.compose import Compose
from monai.transforms.intensity.dictionary import (
    RandAdjustContrastd,
    RandGaussianNoised,
    RandGaussianSmoothd,
    RandScaleIntensityd,
)
from monai.transforms.spatial.dictionary import RandAffined, RandFlipd


def augmentation(seed: int) -> Compose:
    """Transforms of {"image": (1, H, W), "target": (3, H, W)}, both moved alike; the same for the same seed.

    Flips are left-right only: the far half of the head, in which the lateral ventricle is drawn, must stay far from the probe.
    """
    both = ("image", "target")
    transforms = Compose(
        [
            RandFlipd(both, prob=0.5, spatial_axis=1),
            RandAffined(
                both,
                prob=0.9,
                rotate_range=0.5,
                scale_range=(0.25, 0.25),
                shear_range=(0.1, 0.1),
                translate_range=(25, 40),
                mode=("bilinear", "nearest"),
                padding_mode="zeros",
            ),
            RandAdjustContrastd("image", prob=0.5, gamma=(0.6, 1.6)),
            RandScaleIntensityd("image", prob=0.5, factors=0.3),
            RandGaussianSmoothd("image", prob=0.2, sigma_x=(0.4, 1.2), sigma_y=(0.4, 1.2)),
            RandGaussianNoised("image", prob=0.3, std=0.15),
        ]
    )
    transforms.set_random_state(seed)
    return transforms
