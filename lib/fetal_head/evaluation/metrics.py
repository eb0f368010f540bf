"""How well a predicted region agrees with the true one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from monai.metrics import get_mask_edges, get_surface_distance

from fetal_head.imaging.mask import Region


@dataclass(frozen=True)
class Agreement:
    """One structure in one image, predicted against true. What is not defined is None.

    Attributes:
        true_positive, false_positive, false_negative: pixels in both regions, in the predicted one alone, in the true one alone.
        hd95: 95th percentile of the Hausdorff distance in pixels, the larger of its two directions.
        asd: average symmetric surface distance in pixels.
        hd95_mm, asd_mm: the same, measured in millimetres; None without a pixel size.
    """

    true_positive: int
    false_positive: int
    false_negative: int
    hd95: float | None = None
    asd: float | None = None
    hd95_mm: float | None = None
    asd_mm: float | None = None

    @property
    def present(self) -> bool:
        """Whether the true region has a pixel. Where it has none, false presence alone is defined."""
        return self.true_positive + self.false_negative > 0

    @property
    def seen(self) -> bool:
        """Whether the predicted region has a pixel, wherever that is."""
        return self.true_positive + self.false_positive > 0

    @property
    def dice(self) -> float | None:
        """2 TP / (2 TP + FP + FN)."""
        return _share(2 * self.true_positive, 2 * self.true_positive + self.false_positive + self.false_negative, self.present)

    @property
    def iou(self) -> float | None:
        """TP / (TP + FP + FN)."""
        return _share(self.true_positive, self.true_positive + self.false_positive + self.false_negative, self.present)

    @property
    def sensitivity(self) -> float | None:
        """TP / (TP + FN), the share of the true pixels that is found."""
        return _share(self.true_positive, self.true_positive + self.false_negative, self.present)

    @property
    def precision(self) -> float | None:
        """TP / (TP + FP), the share of the predicted pixels that is right; None where nothing is predicted."""
        return _share(self.true_positive, self.true_positive + self.false_positive, self.present)

    @property
    def detection(self) -> float | None:
        """1 where the two regions share a pixel, else 0."""
        return float(self.true_positive > 0) if self.present else None

    @property
    def false_presence(self) -> float | None:
        """1 where something is predicted although nothing is there, else 0; None where something is there."""
        return None if self.present else float(self.seen)


def agreement(predicted: Region, truth: Region, spacing: tuple[float, float] | None = None) -> Agreement:
    """Compares two (rows, columns) regions; `spacing` is millimetres per pixel along (rows, columns), where known.

    Surface distances run between the centres of the pixels on the inner edges of the regions (4-neighbourhood, the image's
    border counts as outside), each from one edge to the nearest pixel of the other.

    Raises:
        ValueError: the regions differ in shape.
    """
    if predicted.shape != truth.shape:
        raise ValueError(f"the predicted region has shape {predicted.shape}, the true one {truth.shape}")
    both = int(np.count_nonzero(predicted & truth))
    counts = both, int(np.count_nonzero(predicted)) - both, int(np.count_nonzero(truth)) - both
    if not (predicted.any() and truth.any()):
        return Agreement(*counts)
    predicted_edge, true_edge = get_mask_edges(predicted, truth)
    in_pixels = _distances(predicted_edge, true_edge, (1.0, 1.0))
    in_mm = _distances(predicted_edge, true_edge, spacing) if spacing else (None, None)
    return Agreement(*counts, *in_pixels, *in_mm)


def _distances(predicted: Region, truth: Region, spacing: tuple[float, float]) -> tuple[float, float]:
    """HD95 and ASD of two edges, in the unit of `spacing`."""
    there = get_surface_distance(predicted, truth, spacing=spacing)
    back = get_surface_distance(truth, predicted, spacing=spacing)
    hd95 = max(float(np.percentile(there, 95)), float(np.percentile(back, 95)))
    return hd95, float(np.concatenate([there, back]).mean())


def _share(part: int, whole: int, present: bool) -> float | None:
    return part / whole if present and whole else None
