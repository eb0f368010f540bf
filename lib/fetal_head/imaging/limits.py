"""What a file may claim and hold; asked of its header, before any pixel is decoded."""

from __future__ import annotations

import errno
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fetal_head.files import NO_ROOM

# 4096 x 4096: many times what any ultrasound machine shows, and no reader needs more than some hundred MB for it
MAX_PIXELS = 16_777_216
MIN_SIDE, MAX_SIDE = 16, 16_384
# what so many pixels take at most, uncompressed: three colours of 32 bits each, and a header
MAX_BYTES = 13 * MAX_PIXELS
# of a direction, an origin or a spacing in whatever unit
FARTHEST, SMALLEST = 1e6, 1e-6
# mm; what lies outside is a length of something else, or in another unit
SMALLEST_PIXEL, LARGEST_PIXEL = 0.01, 2.0


def check_file(path: Path) -> None:
    """Raises ValueError for a path that is no plain file, such as a device, or one that is larger than any image."""
    if path.is_dir():
        raise ValueError("is a folder; name the images in it")
    if not path.is_file():
        raise ValueError("is no file")
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"has {path.stat().st_size} bytes; at most {MAX_BYTES} are accepted")


def check_pixels(size: Iterable[int]) -> None:
    """Raises ValueError for a size, in any order of its axes, that no image has."""
    sides = [int(side) for side in size]
    if any(not 1 <= side <= MAX_SIDE for side in sides) or math.prod(sides) > MAX_PIXELS:
        allowed = f"1 to {MAX_SIDE} a side and at most {MAX_PIXELS} in all are accepted"
        raise ValueError(f"{' x '.join(map(str, sides))} pixels; {allowed}")


def check_lengths(what: str, values: Iterable[float], *, positive: bool = False) -> None:
    """Raises ValueError for a number that no place or length is, such as not-a-number; `positive` ones are above 0, too."""
    found = [float(value) for value in values]
    if not all(abs(value) <= FARTHEST and (value >= SMALLEST or not positive) for value in found):
        raise ValueError(
            f"its {what} is {', '.join(f'{value:g}' for value in found)}, which no image's is; correct it and save again"
        )


def check_pixel_size(image: str, spacing: Iterable[float]) -> None:
    """Raises ValueError, naming the image, for millimetres that no pixel of an ultrasound image measures."""
    for value in spacing:
        # files that keep single precision, such as NIfTI, have the smallest as 0.00999999978
        if not SMALLEST_PIXEL <= round(value, 9) <= LARGEST_PIXEL:
            raise ValueError(
                f"{image} is said to have pixels of {value:g} mm; "
                f"those of ultrasound measure {SMALLEST_PIXEL:g} to {LARGEST_PIXEL:g} mm: correct the number or its unit"
            )


def lack_of(error: Exception) -> str | None:
    """What the system lacked while a file was read (see `refusing`); None where it is the file that is damaged."""
    cause: BaseException | None = error
    # whoever knows what was being read says so in an error of his own
    while cause is not None:
        if isinstance(cause, MemoryError):
            return "there was not enough memory"
        # a damaged file leads to places that no file has, and what Pillow says of one is an OSError without a number
        if isinstance(cause, OSError) and cause.errno not in (None, errno.EINVAL):
            return cause.strerror
        cause = cause.__cause__
    return None


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Whatever is raised while a file is read, as a ValueError of one sentence that names the file.

    Raises:
        OSError: there is no room for what is written meanwhile: of the file that says nothing, and it is not to be left out.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            raise
        # on a damaged file, decoders raise anything: struct.error, KeyError, RecursionError, MemoryError
        said = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path.name}: {said if isinstance(error, ValueError | OSError) else f'is damaged ({said})'}") from error
