"""What of a case a study folder holds already."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fetal_head.datasets.case import Case
from fetal_head.imaging import read_image, read_mask
from fetal_head.imaging.whole_numbers import whole_numbers


def holds_picture(file: Path, case: Case) -> bool:
    """Whether a file has a case's picture, be it that of its DICOM or the PNG that is made of it."""
    try:
        return np.array_equal(whole_numbers(read_image(file)[0]), whole_numbers(case.image))
    except (ValueError, OSError):
        return False


def holds_label(file: Path, entry: Mapping[str, Any], case: Case) -> bool:
    """Whether a file has a case's mask, and the index's `entry` of the image says that it speaks of the same structures."""
    try:
        annotated = entry["labels"]["final"]["info"]["annotated"]
        return case.mask is not None and list(case.annotated) == annotated and np.array_equal(read_mask(file), case.mask)
    except (ValueError, OSError, LookupError, TypeError):
        return False


def holds_size(there: Any, case: Case) -> bool:
    """Whether a case brings no other pixel size than is `there`, if any is. NIfTI rounds them to 32 bits."""
    try:
        return case.spacing is None or np.allclose(np.asarray(there, dtype=float), case.spacing, rtol=1e-5, atol=0)
    except (ValueError, TypeError):
        return False
