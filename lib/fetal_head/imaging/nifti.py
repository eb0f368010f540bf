"""What a NIfTI file says of itself and whether it holds that, checked before ITK reads it."""

from __future__ import annotations

import gzip
import math
from io import BufferedIOBase
from pathlib import Path

import numpy as np
from nibabel.nifti1 import Nifti1Header
from nibabel.nifti2 import Nifti2Header

from fetal_head.imaging.limits import check_pixels

# extensions lie between header and pixels
MAX_OFFSET = 1_000_000
# the second version's header is the longer one
HEADER_2 = 540
# a multiple of every number's size
CHUNK = 1 << 20


def check_nifti(path: Path) -> None:
    """Raises ValueError for a file that is not whole, leads to another one, claims too large a size, or holds no numbers.

    ITK says nothing of pixels that are missing or no numbers: it takes them for 0.
    """
    with _unpacked(path) as stream:
        header = _header(stream)
        dimensions = int(header["dim"][0])
        if not 1 <= dimensions <= 7:
            raise ValueError(f"cannot be read as Nifti: it has {dimensions} dimensions")
        sizes = [int(side) for side in header["dim"][1 : dimensions + 1]]
        check_pixels(sizes)
        offset = float(header["vox_offset"])
        if not 0 <= offset <= MAX_OFFSET:
            raise ValueError(f"cannot be read as Nifti: its pixels begin at byte {offset:g}")
        stream.seek(int(offset))
        _check_numbers(stream, header.get_data_dtype(), math.prod(sizes))


def nifti_header(path: Path) -> Nifti1Header:
    """All that stands before the pixels. Raises ValueError for what is no NIfTI in one file."""
    with _unpacked(path) as stream:
        return _header(stream)


def is_packed(path: Path) -> bool:
    """Whether a file is packed by gzip, whatever its name says."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _unpacked(path: Path) -> BufferedIOBase:
    return gzip.open(path) if is_packed(path) else path.open("rb")


def _header(stream: BufferedIOBase) -> Nifti1Header:
    begin = stream.read(HEADER_2)
    kind = Nifti2Header if begin[4:8] == b"n+2\0" else Nifti1Header
    length = kind.template_dtype.itemsize
    if len(begin) < length or (kind is Nifti1Header and begin[344:348] != b"n+1\0"):
        raise ValueError("cannot be read as Nifti: it is no NIfTI in one file; save it as .nii or .nii.gz")
    header = kind(begin[:length], check=False)
    if int(header["sizeof_hdr"]) != length:
        raise ValueError(f"cannot be read as Nifti: its header says that it has {header['sizeof_hdr']} bytes")
    return header


def _check_numbers(stream: BufferedIOBase, kind: np.dtype[np.generic], count: int) -> None:
    left = count * kind.itemsize
    while left:
        part = stream.read(min(left, CHUNK))
        left -= len(part)
        if not part or (len(part) % kind.itemsize and kind.kind in "fc"):
            raise ValueError(f"cannot be read as Nifti: the last {left} bytes of its pixels are missing")
        if kind.kind in "fc" and not np.isfinite(np.frombuffer(part, kind)).all():
            raise ValueError("the image holds values that are not finite numbers")
