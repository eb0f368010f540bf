"""What an annotator does with an open image before he submits it, the same wherever the image comes from."""

from __future__ import annotations

import numpy as np
from desk import Desk, Mask
from numpy.testing import assert_array_equal


def middle(mask: Mask, value: int) -> tuple[int, int]:
    """(x, y) a pixel in the middle of a structure."""
    rows, columns = np.nonzero(mask == value)
    return int(np.median(columns)), int(np.median(rows))


def correct(ann: Desk) -> Mask:
    """Looks at it, paints, erases, takes that back and again, and draws the head smaller. Returns the mask that he leaves."""
    predicted = ann.mask
    x, y = middle(predicted, 1)
    ann.page.get_by_label("show calipers").uncheck()
    red, green, blue = ann.colour(x, y)
    assert red > max(green, blue) + 8, "BRAIN is red on the screen"
    before = ann.hc()

    ann.press("2")
    ann.drag((x - 30, y), (x + 30, y))
    painted = ann.mask
    assert painted[y, x] == 2
    assert set(np.unique(painted[painted != predicted])) == {2}
    ann.press("e")
    ann.drag((x, y), (x + 30, y))
    erased = ann.mask
    assert (erased[y, x], erased[y, x - 30]) == (1, 2), "below an erased CSP is BRAIN"
    ann.press("z")
    assert_array_equal(ann.mask, painted)
    ann.press("Shift+Z")
    assert_array_equal(ann.mask, erased)

    ann.press("1")
    ann.press("h")
    end = ann.page.evaluate("fetalHead.toolbox.tool.drawn().handles[1]")
    centre = ann.page.evaluate("fetalHead.toolbox.tool.drawn().handles[0]")
    to = (end["x"] + 0.15 * (centre["x"] - end["x"]), end["y"] + 0.15 * (centre["y"] - end["y"]))
    ann.drag((end["x"], end["y"]), to)
    drawn = ann.mask
    assert 0.8 < np.count_nonzero(drawn) / np.count_nonzero(erased) < 0.97
    assert_array_equal(drawn == 3, erased == 3)
    shown = "Number(document.querySelector('[aria-label=Biometry] tbody').dataset.hc)"
    ann.page.wait_for_function(f"before => {shown} < before - 1", arg=before)
    return drawn
