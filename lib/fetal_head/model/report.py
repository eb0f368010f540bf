"""A prediction in words and numbers, for JSON and tables."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.measure import centroid

from fetal_head.imaging.mask import bounding_box, region_of
from fetal_head.labels import STRUCTURES
from fetal_head.model.segmenter import Prediction


def structures_found(prediction: Prediction, spacing: tuple[float, float] | None) -> dict[str, dict[str, Any]]:
    """By structure: `area_px`, `area_mm2` (None without a pixel size), `confidence` and `centroid` {x: column, y: row}.

    BRAIN means the whole head here, CSP and LV included. What was not found has area 0, no confidence and no centroid.
    """
    found = {}
    for structure in STRUCTURES:
        region = region_of(prediction.mask, structure.name)
        area, around = int(np.count_nonzero(region)), bounding_box(region)
        found[structure.name] = {
            "area_px": area,
            "area_mm2": area * spacing[0] * spacing[1] if spacing else None,
            "confidence": prediction.confidence[structure.name],
            "centroid": _centroid(region, around) if around else None,
        }
    return found


def _centroid(region: NDArray[np.bool_], around: tuple[slice, slice]) -> dict[str, float]:
    row, column = centroid(region[around].astype(np.float64))
    return {"x": float(column + around[1].start), "y": float(row + around[0].start)}
