"""A prediction in words and numbers, for JSON and tables."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fetal_head.imaging.mask import pixels_of
from fetal_head.labels import STRUCTURES
from fetal_head.model.segmenter import Prediction


def structures_found(prediction: Prediction, spacing: tuple[float, float] | None) -> dict[str, dict[str, Any]]:
    """By structure: `area_px`, `area_mm2` (None without a pixel size), `confidence` and `centroid` {x: column, y: row}.

    BRAIN means the whole head here, CSP and LV included. What was not found has area 0, no confidence and no centroid.
    """
    found = {}
    for structure in STRUCTURES:
        region = pixels_of(prediction.mask, structure.name)
        area = int(np.count_nonzero(region))
        found[structure.name] = {
            "area_px": area,
            "area_mm2": area * spacing[0] * spacing[1] if spacing else None,
            "confidence": prediction.confidence[structure.name],
            "centroid": _centroid(region, area) if area else None,
        }
    return found


def _centroid(region: NDArray[np.bool_], area: int) -> dict[str, float]:
    in_columns, in_rows = (np.count_nonzero(region, axis=axis) for axis in (0, 1))
    return {name: float(counts @ np.arange(len(counts))) / area for name, counts in (("x", in_columns), ("y", in_rows))}
