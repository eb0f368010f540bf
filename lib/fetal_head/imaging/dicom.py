"""Single-frame DICOM ultrasound: its pixels and, where its regions tell, its pixel size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.pixel_data_handlers.util import apply_color_lut, apply_modality_lut, convert_color_space

# DICOM PS3.3 C.8.5.5: Region Spatial Format 1 is a 2D tissue region, Physical Units 3 is the centimetre
TISSUE, CENTIMETRE = 1, 3


def read_dicom(path: Path) -> tuple[NDArray[np.generic], tuple[float, float] | None]:
    """Pixels, (rows, columns) or (rows, columns, 3) RGB, and mm per pixel along (rows, columns) or None.

    Raises ValueError for a file without an image, with more than one frame, or with pixels that cannot be decoded.
    """
    try:
        dataset = pydicom.dcmread(path)
    except InvalidDicomError as error:
        raise ValueError("is no DICOM file") from error
    if "PixelData" not in dataset:
        raise ValueError("is a DICOM file without an image")
    frames = int(dataset.get("NumberOfFrames") or 1)
    if frames != 1:
        raise ValueError(f"holds {frames} frames; one single 2D image is expected")
    try:
        return _pixels(dataset), pixel_spacing(dataset)
    except (AttributeError, NotImplementedError, KeyError) as error:
        raise ValueError(f"its pixels cannot be decoded: {error}") from error


def pixel_spacing(dataset: Dataset) -> tuple[float, float] | None:
    """Millimetres per pixel along (rows, columns): from the largest 2D tissue region calibrated in cm, else PixelSpacing."""
    regions = [r for r in dataset.get("SequenceOfUltrasoundRegions") or [] if _is_calibrated_tissue(r)]
    if regions:
        region = max(regions, key=_area)
        return 10.0 * abs(float(region.PhysicalDeltaY)), 10.0 * abs(float(region.PhysicalDeltaX))
    spacing = dataset.get("PixelSpacing")
    if spacing and all(float(value) > 0 for value in spacing):
        return float(spacing[0]), float(spacing[1])
    return None


def _is_calibrated_tissue(region: Dataset) -> bool:
    return (
        region.get("RegionSpatialFormat") == TISSUE
        and region.get("PhysicalUnitsXDirection") == CENTIMETRE
        and region.get("PhysicalUnitsYDirection") == CENTIMETRE
        and bool(region.get("PhysicalDeltaX"))
        and bool(region.get("PhysicalDeltaY"))
    )


def _area(region: Dataset) -> int:
    width = int(region.get("RegionLocationMaxX1", 0)) - int(region.get("RegionLocationMinX0", 0))
    height = int(region.get("RegionLocationMaxY1", 0)) - int(region.get("RegionLocationMinY0", 0))
    return width * height


def _pixels(dataset: Dataset) -> NDArray[np.generic]:
    pixels: NDArray[np.generic] = dataset.pixel_array
    interpretation = str(dataset.get("PhotometricInterpretation", "MONOCHROME2"))
    if interpretation == "PALETTE COLOR":
        colours = apply_color_lut(pixels, dataset)
        return np.asarray(colours >> 8 if colours.dtype == np.uint16 else colours)
    if interpretation.startswith("YBR"):
        return np.asarray(convert_color_space(pixels, interpretation, "RGB"))
    if interpretation.startswith("MONOCHROME"):
        if interpretation == "MONOCHROME1":
            pixels = 2 ** int(dataset.BitsStored) - 1 - pixels.astype(np.int32)
        return np.asarray(apply_modality_lut(pixels, dataset))
    return pixels
