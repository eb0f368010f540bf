"""A prediction in words and numbers, for JSON and tables."""

from __future__ import annotations

from typing import Any

import numpy as np
from skimage.measure import centroid

from fetal_head.imaging.mask import region_of
from fetal_head.labels import STRUCTURES
from fetal_head.model.segmenter import Prediction


def structures_found(prediction: Prediction, spacing: tuple[float, float] | None) -> dict[str, dict[str, Any]]:
    """By structure: `area_px`, `area_mm2` (None without a pixel size), `confidence` and `centroid` {x: column, y: row}.

    BRAIN means the whole head here, CSP and LV included. What was not found has area 0, no confidence and no centroid.
    """
    found = {}
    for structure in STRUCTURES:
        region = region_of(prediction.mask, structure.name)
        area = int(np.count_nonzero(region))
        row, column = centroid(region.astype(np.float64)) if area else (0.0, 0.0)
        found[structure.name] = {
            "area_px": area,
            "area_mm2": area * spacing[0] * spacing[1] if spacing else None,
            "confidence": prediction.confidence[structure.name],
            "centroid": {"x": float(column), "y": float(row)} if area else None,
        }
    return found
