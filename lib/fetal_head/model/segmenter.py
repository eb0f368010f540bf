"""One loaded model, from a grey image to its mask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from fetal_head.biometry.ellipse import Ellipse, fit_ellipse
from fetal_head.config import ModelSettings
from fetal_head.imaging import Mask
from fetal_head.model.engine import Engine, engine
from fetal_head.model.frame import Frame, cut
from fetal_head.model.locating import Locator
from fetal_head.model.network import Architecture, HeadNetworks
from fetal_head.model.postprocessing import confidence, regions_of, to_mask
from fetal_head.model.preprocessing import nested_planes, normalise, place
from fetal_head.model.weights import load_weights


@dataclass(frozen=True)
class Prediction:
    """What the model says of one image.

    Attributes:
        mask: (rows, columns) uint8 at the original size.
        confidence: mean probability within each structure, None where it was not found.
        version: name of the model version that said so.
        frame: where the head lies in the image; None when none was found.
        planes: (3, H, W) of the whole head, CSP and LV as the network itself says, in that frame.
    """

    mask: Mask
    confidence: dict[str, float | None]
    version: str
    frame: Frame | None
    planes: NDArray[np.bool_]

    def at_network_size(self, truth: Mask) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """`planes`, and a true mask as they would have to say it; that is the whole image where no head was found."""
        true, size = nested_planes(truth), (self.planes.shape[1], self.planes.shape[2])
        return self.planes, ((cut(true, self.frame, size) if self.frame else place(true, size)) > 0.5).numpy()


class Segmenter:
    """Finds the head in an image, cuts it out in its own frame, and outlines it and what lies in it there."""

    def __init__(self, networks: HeadNetworks, architecture: Architecture, settings: ModelSettings, version: str = "") -> None:
        """`version` is what predictions are signed with."""
        self._locator = Locator(networks.locator, architecture)
        self._outline = engine(networks.segmenter, architecture.frame_size)
        self._architecture = architecture
        self._settings = settings
        self._version = version

    def predict(self, image: NDArray[np.float32]) -> Prediction:
        """Mask and confidence of one grey image, (rows, columns) in any range."""
        (frame, probabilities), shape = self._probabilities(image), (image.shape[0], image.shape[1])
        regions = regions_of(probabilities, self._settings.threshold, self._settings.smallest_share)
        if frame is None:
            mask = np.zeros(shape, dtype=np.uint8)
        else:
            ellipse = self._ellipse(regions[0], frame, shape) if self._settings.head_as_ellipse else None
            mask = to_mask(probabilities, regions, frame, shape, self._settings.threshold, ellipse)
        planes = probabilities > self._settings.threshold
        return Prediction(mask, confidence(probabilities, regions, mask), self._version, frame, planes)

    def find(self, image: NDArray[np.float32]) -> Frame | None:
        """The frame of the head of a grey image, (rows, columns) in any range; None when no head is found."""
        return self._locator.find([normalise(image)])[0]

    def _probabilities(self, image: NDArray[np.float32]) -> tuple[Frame | None, NDArray[np.float32]]:
        """The head's frame and, in it, (3, H, W) of the whole head, CSP and LV; all 0 where there is no head.

        They are the mean of those of the image and of its mirror image.
        """
        size, pixels = self._architecture.frame_size, normalise(image)
        (frame,) = self._locator.find([pixels])
        if frame is None:
            return None, np.zeros((3, *size), dtype=np.float32)
        return frame, mirrored_mean(self._outline, cut(pixels, frame, size))

    def _ellipse(self, head: NDArray[np.bool_], frame: Frame, shape: tuple[int, int]) -> Ellipse | None:
        """The ellipse of the head in the image; None where there is no head, or one that the image's border cuts."""
        found = fit_ellipse(head)
        if found is None:
            return None
        ellipse = frame.to_image(found, self._architecture.frame_size)
        inside = all(
            reach - 0.5 <= centre <= side - 0.5 - reach
            for centre, reach, side in zip(ellipse.centre, ellipse.reach, (shape[1], shape[0]), strict=True)
        )
        return ellipse if inside else None


def mirrored_mean(outline: Engine, image: torch.Tensor) -> NDArray[np.float32]:
    """(S, H, W) probabilities: the mean of those that a network sees in a (1, H, W) image and in its mirror image."""
    both = torch.sigmoid(outline(torch.stack([image, image.flip(-1)])))
    return ((both[0] + both[1].flip(-1)) / 2).numpy()


def load_segmenter(path: Path, settings: ModelSettings, version: str) -> Segmenter:
    """The model of a file. Raises ValueError when the file is none of ours."""
    networks, description = load_weights(path)
    return Segmenter(networks, description.architecture, settings, version)
