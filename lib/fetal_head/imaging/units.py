"""What the spacing of an NRRD or NIfTI file is in millimetres, where it tells."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from fetal_head.imaging.nifti import nifti_header
from fetal_head.imaging.nrrd import nrrd_fields

# what nobody names is the millimetre, as ITK has it in NIfTI
MILLIMETRES = {"": 1.0, "mm": 1.0, "cm": 10.0, "m": 1000.0, "um": 0.001}
# the micro sign, the Greek letter and the micro sign in Latin-1, in which headers are read
MICRO = re.compile("Âµ|Î¼|µ")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
# https://teem.sourceforge.net/nrrd/format.html#kinds: along all others lie values of one pixel
DOMAIN = ("domain", "space", "time", "none", "???")
# NIfTI-1's xyzt_units: unknown, metre, millimetre and micrometre, which ITK converts
SPATIAL, CONVERTED = 7, (0, 1, 2, 3)
# by how much two sizes may differ that are one
SAME_SIZE = 0.01


def nrrd_unit(path: Path) -> float | None:
    """Millimetres in the unit in which a file that ITK reads has its spacing.

    None where a side of its pixels has no spacing, for which ITK takes 1, or one in a unit that is no length, or not that of
    the other side.
    """
    fields = nrrd_fields(path)
    plane = _plane(fields)
    if "spacedirections" in fields:
        steps = re.findall(r"none|\([^)]*\)", fields["spacedirections"].lower())
        units = QUOTED.findall(fields.get("spaceunits", ""))
    else:
        steps, named = fields.get("spacings", "").lower().split(), QUOTED.findall(fields.get("units", ""))
        units = [named[axis] for axis in plane] if named else []
    if steps and any(missing in steps[axis] for axis in plane for missing in ("none", "nan")):
        return None
    lengths = {MILLIMETRES.get(MICRO.sub("u", unit)) for unit in units or [""]}
    return lengths.pop() if len(lengths) == 1 else None


def nifti_unit(path: Path) -> float | None:
    """Millimetres in the unit in which ITK gives a file's spacing: 1, for it converts what it knows.

    None for a unit that it does not know, where a side of its pixels has no spacing, for which it takes 1, or where the sform
    has another one, which is what nibabel and FSL take.
    """
    header = nifti_header(path)
    sides = header["pixdim"][1:3]
    known = int(header["xyzt_units"]) & SPATIAL in CONVERTED and np.isfinite(sides).all() and sides.all()
    placed = np.linalg.norm([header[row][:2] for row in ("srow_x", "srow_y", "srow_z")], axis=0)
    is_one = not header["sform_code"] or np.allclose(placed, sides, rtol=SAME_SIZE, atol=0)
    return 1.0 if known and is_one else None


def _plane(fields: dict[str, str]) -> list[int]:
    """The axes of columns and rows."""
    kinds = fields.get("kinds", "").lower().split()
    return [axis for axis in range(len(fields["sizes"].split())) if not kinds or kinds[axis] in DOMAIN][:2]
