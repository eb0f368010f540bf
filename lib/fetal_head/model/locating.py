"""From the probability that a pixel belongs to the head to the ellipse of the head in the image."""

from __future__ import annotations

import torch

from fetal_head.biometry.ellipse import Ellipse, fit_ellipse
from fetal_head.model.postprocessing import largest_component
from fetal_head.model.preprocessing import Placement


def head_ellipse(probability: torch.Tensor, where: Placement, threshold: float = 0.5) -> Ellipse | None:
    """The ellipse of the likeliest head in pixels of the original image; None where there is none.

    Args:
        probability: (H, W) of the locator.
        where: how the image was placed into those pixels.
    """
    rows, columns = (original / content for original, content in zip(where.original, where.content, strict=True))
    ellipse = fit_ellipse(largest_component((probability > threshold).numpy()), (rows, columns))
    if ellipse is None:
        return None
    x, y = ellipse.centre
    centre = (x + (0.5 - where.left) * columns - 0.5, y + (0.5 - where.top) * rows - 0.5)
    return Ellipse(centre, ellipse.major, ellipse.minor, ellipse.angle)
