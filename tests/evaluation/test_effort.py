"""What a correction took."""

from __future__ import annotations

import numpy as np
import pytest

from fetal_head.evaluation.effort import added_path_length, effort
from pictures import three_structures

MASK = three_structures(60, 90)


def _square(rows: slice, columns: slice) -> np.ndarray:
    region = np.zeros((20, 30), dtype=bool)
    region[rows, columns] = True
    return region


def test_an_accepted_mask_took_nothing() -> None:
    for found in effort(MASK, MASK, ("BRAIN", "CSP", "LV")).values():
        assert (found.dice, found.apl, found.changed) == (1, 0, 0)


def test_a_moved_side_is_the_path_that_was_added() -> None:
    before, after = _square(slice(4, 12), slice(5, 15)), _square(slice(4, 12), slice(5, 18))
    # the new right side of 8 pixels, and 2 + 2 of the sides that lead to it: column 14 was contour before
    assert added_path_length(before, after) == 8 + 2 * 2
    assert added_path_length(after, before) == 6, "the old right side alone, but for its corners"
    assert added_path_length(before, before & False) == 0, "nothing is drawn to erase"
    assert added_path_length(before & False, before) == 2 * 8 + 2 * 10 - 4, "all of it is drawn"


def test_the_border_of_the_image_is_contour() -> None:
    assert added_path_length(_square(slice(0, 0), slice(0, 0)), np.ones((20, 30), dtype=bool)) == 2 * 20 + 2 * 30 - 4


def test_structures_are_told_apart_and_the_head_is_whole() -> None:
    without = np.where(MASK == 3, 1, MASK).astype(np.uint8)
    found = effort(without, MASK, ("BRAIN", "CSP", "LV"))
    assert (found["BRAIN"].changed, found["CSP"].changed) == (0, 0)
    assert (found["LV"].dice, found["LV"].changed) == (0, int((MASK == 3).sum()))
    nowhere = np.where(MASK > 1, 1, MASK).astype(np.uint8)
    assert effort(nowhere, nowhere, ("LV",))["LV"].dice is None


def test_an_erased_csp_is_no_change_of_the_head() -> None:
    """3D Slicer leaves a hole in the head where it was, the page of OHIF paints the head there."""
    erased, painted = (np.where(MASK == 2, value, MASK).astype(np.uint8) for value in (0, 1))
    assert effort(MASK, erased, ("BRAIN", "CSP")) == effort(MASK, painted, ("BRAIN", "CSP"))
    assert effort(MASK, erased, ("BRAIN",))["BRAIN"].changed == 0


def test_masks_of_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        effort(MASK, MASK[1:], ("BRAIN",))


def test_effort_is_what_was_added_to_the_prediction() -> None:
    before, after = np.zeros((20, 30), dtype=np.uint8), np.zeros((20, 30), dtype=np.uint8)
    before[4:12, 5:15], after[4:12, 5:18] = 3, 3
    assert effort(before, after, ("LV",))["LV"].apl == 12
    assert effort(after, before, ("LV",))["LV"].apl == 6
