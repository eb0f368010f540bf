"""Where the head is: from the locator's probabilities to its ellipse in the image, and the frame around that."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from fetal_head.biometry.ellipse import Ellipse, fit_ellipse
from fetal_head.imaging.mask import largest_component
from fetal_head.model.engine import engine
from fetal_head.model.frame import Frame
from fetal_head.model.network import Architecture
from fetal_head.model.preprocessing import Placement, place, placement

# of a pixel of the head; the setting of that name is the segmenter's alone
THRESHOLD = 0.5


class Locator:
    """Finds the head in images."""

    def __init__(self, network: torch.nn.Module, architecture: Architecture) -> None:
        self._ask = engine(network, architecture.locator_size)
        self._architecture = architecture

    def find(self, images: Sequence[torch.Tensor]) -> list[Frame | None]:
        """The frame of the head of each (1, rows, columns) normalised image; None when no head is found."""
        size = self._architecture.locator_size
        logits = self._ask(torch.stack([place(pixels, size) for pixels in images]))
        where = [placement((pixels.shape[1], pixels.shape[2]), size) for pixels in images]
        ellipses = [head_ellipse(torch.sigmoid(plane[0]), placed) for plane, placed in zip(logits, where, strict=True)]
        # the network never saw one even grey and takes most of it for a head; normalised it is black
        return [
            Frame.around(ellipse, self._architecture.frame_size) if ellipse and pixels.any() else None
            for ellipse, pixels in zip(ellipses, images, strict=True)
        ]


def head_ellipse(probability: torch.Tensor, where: Placement) -> Ellipse | None:
    """The ellipse of the likeliest head in pixels of the original image; None where there is none.

    Args:
        probability: (H, W) of the locator.
        where: how the image was placed into those pixels.
    """
    rows, columns = (original / content for original, content in zip(where.original, where.content, strict=True))
    ellipse = fit_ellipse(largest_component((probability > THRESHOLD).numpy()), (rows, columns))
    if ellipse is None:
        return None
    x, y = ellipse.centre
    centre = (x + (0.5 - where.left) * columns - 0.5, y + (0.5 - where.top) * rows - 0.5)
    return Ellipse(centre, ellipse.major, ellipse.minor, ellipse.angle)
