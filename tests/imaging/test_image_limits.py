"""What a file may claim."""

from __future__ import annotations

import numpy as np
import pytest

from fetal_head.imaging.limits import check_pixel_size, check_pixels


def test_the_smallest_and_the_largest_pixel_are_taken_and_those_beyond_are_not() -> None:
    check_pixel_size("a", (0.01, 2.0))
    check_pixel_size("a", (float(np.float32(0.01)), 2.0))
    for size in (0.00999, 2.0001):
        for spacing in ((size, 1.0), (1.0, size)):
            with pytest.raises(ValueError, match=r"those of ultrasound measure 0\.01 to 2 mm"):
                check_pixel_size("a", spacing)


@pytest.mark.parametrize("size", [(16_385, 16), (16, 16_385), (0, 16), (16, 0), (4097, 4096)])
def test_one_side_is_enough_to_be_too_long_or_nothing(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="are accepted"):
        check_pixels(size)
    check_pixels((16_384, 1024))
