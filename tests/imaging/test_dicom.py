"""What DICOM says of its pixels: their size where it is certain, and their colours however they are coded."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from fetal_head.imaging import read_image
from pictures import speckle, write_dicom

GREY = speckle(60, 90)
CENTIMETRE, SECOND = 3, 4
TISSUE, M_MODE = 1, 2


def _region(columns: tuple[int, int], scale: tuple[float, float], kind: int = TISSUE, unit: int = CENTIMETRE) -> Dataset:
    """All rows of some columns, with its mm per pixel along (rows, columns)."""
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = kind, 1, 0
    region.RegionLocationMinX0, region.RegionLocationMaxX1 = columns
    region.RegionLocationMinY0, region.RegionLocationMaxY1 = 0, 59
    region.PhysicalUnitsXDirection, region.PhysicalUnitsYDirection = unit, CENTIMETRE
    region.PhysicalDeltaY, region.PhysicalDeltaX = scale[0] / 10, scale[1] / 10
    return region


@pytest.mark.parametrize(
    ("regions", "spacing"),
    [
        ([_region((0, 44), (0.2, 0.2)), _region((45, 89), (0.4, 0.4))], None),
        ([_region((0, 44), (0.2, 0.2)), _region((45, 89), (0.2, 0.21))], None),
        ([_region((0, 44), (0.2, 0.3)), _region((46, 89), (0.201, 0.3))], (0.2, 0.3)),
        ([_region((80, 89), (0.4, 0.4)), _region((0, 79), (0.2, 0.2))], None),
        ([_region((84, 89), (0.4, 0.4)), _region((0, 79), (0.2, 0.2))], (0.2, 0.2)),
        ([_region((0, 0), (0.2, 0.2)), _region((9, 0), (0.4, 0.4))], None),
        ([_region((0, 44), (0.2, 0.2)), _region((45, 89), (0.4, 0.4), M_MODE, SECOND)], (0.2, 0.2)),
        ([_region((0, 44), (0.2, 0.2)), _region((45, 89), (0.4, 0.4), TISSUE, SECOND)], (0.2, 0.2)),
    ],
    ids=["two scales", "one axis", "within 1 %", "a tenth", "an inset", "of no size", "M-mode", "another unit"],
)
def test_regions_of_several_scales_measure_nothing(tmp_path: Path, regions: list[Dataset], spacing: object) -> None:
    dataset = dcmread(write_dicom(tmp_path / "a.dcm", GREY))
    dataset.SequenceOfUltrasoundRegions, dataset.PixelSpacing = regions, [0.7, 0.7]
    dataset.save_as(tmp_path / "a.dcm")
    assert read_image(tmp_path / "a.dcm")[1].spacing == (spacing and pytest.approx(spacing))
