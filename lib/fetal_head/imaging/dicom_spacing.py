"""The pixel size of a DICOM image, where its regions or PixelSpacing tell it."""

from __future__ import annotations

import math

import numpy as np
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from fetal_head.imaging.limits import check_pixel_size

# DICOM PS3.3 C.8.5.5: Region Spatial Format 1 is a 2D tissue region, Physical Units 3 is the centimetre
TISSUE, CENTIMETRE = 1, 3
# what share of the image, or of its largest region, is but an inset, and by how much scales may differ that are one
INSET, SAME_SCALE = 0.1, 0.01


def pixel_spacing(dataset: Dataset) -> tuple[float, float] | None:
    """Millimetres per pixel along (rows, columns): from the 2D tissue regions calibrated in cm, else PixelSpacing.

    Where regions have several scales, or the largest one has none, nobody knows which is the head's; that of an inset is none of
    them, and tells nothing of the rest of the image. Where one reaches beyond the image, they are those of a larger one, from
    which this one was made, and nobody knows how.
    A PixelSpacing of exactly 1 x 1 is what writers put where nothing is known, as in NIfTI and NRRD.

    Raises:
        ValueError: it is one that no ultrasound has.
    """
    tissue = [r for r in dataset.get("SequenceOfUltrasoundRegions") or [] if r.get("RegionSpatialFormat") == TISSUE]
    regions = [region for region in tissue if _is_calibrated(region)]
    spacing = dataset.get("PixelSpacing")
    if any(_is_beyond(region, dataset) for region in regions):
        return None
    if regions:
        regions.sort(key=_area, reverse=True)
        largest = max(map(_area, tissue))
        if _area(regions[0]) < max(largest, INSET * int(dataset.Rows) * int(dataset.Columns)):
            return None
        scales = [_scale(region) for region in regions if _area(region) >= INSET * largest]
    elif spacing and any(float(value) != 1 for value in spacing):
        scales = [(float(spacing[0]), float(spacing[1]))]
    else:
        return None
    check_pixel_size("it", scales[0])
    return scales[0] if np.allclose(scales, scales[0], rtol=SAME_SCALE, atol=0) else None


def check_square(dataset: Dataset) -> None:
    """Raises ValueError for pixels of which only their ratio is known, and that they are not square.

    Lengths in such pixels, and ratios of them, are those of another head: pixels of unknown size are measured as squares.
    """
    ratio = dataset.get("PixelAspectRatio")
    told = [int(side) for side in ratio] if isinstance(ratio, MultiValue) else []
    if len(told) == 2 and min(told) > 0 and not math.isclose(*told, rel_tol=SAME_SCALE):
        said = f"PixelAspectRatio {told[0]}\\{told[1]}"
        raise ValueError(f"its pixels are not square ({said}) and of unknown size; save it with a PixelSpacing")


def _is_calibrated(region: Dataset) -> bool:
    return (
        region.get("PhysicalUnitsXDirection") == CENTIMETRE
        and region.get("PhysicalUnitsYDirection") == CENTIMETRE
        and bool(region.get("PhysicalDeltaX"))
        and bool(region.get("PhysicalDeltaY"))
    )


def _is_beyond(region: Dataset, image: Dataset) -> bool:
    # some take the first pixel behind a region for its last one
    right, bottom = int(region.get("RegionLocationMaxX1", 0)), int(region.get("RegionLocationMaxY1", 0))
    return right > int(image.Columns) or bottom > int(image.Rows)


def _scale(region: Dataset) -> tuple[float, float]:
    return 10.0 * abs(float(region.PhysicalDeltaY)), 10.0 * abs(float(region.PhysicalDeltaX))


def _area(region: Dataset) -> int:
    width = int(region.get("RegionLocationMaxX1", 0)) - int(region.get("RegionLocationMinX0", 0))
    height = int(region.get("RegionLocationMaxY1", 0)) - int(region.get("RegionLocationMinY0", 0))
    return max(width, 0) * max(height, 0)
