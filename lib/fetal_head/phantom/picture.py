"""One phantom from its seed: a head, the echoes of all there is, the picture of it and its mask."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import ImageFilter

from fetal_head.labels import NAMES, SMALL
from fetal_head.phantom.acoustics import compress, draw_pulse, envelope, gain, loss, vendor_filter
from fetal_head.phantom.anatomy import Head, draw_head, draw_size
from fetal_head.phantom.axes import Float
from fetal_head.phantom.brain import brain_level
from fetal_head.phantom.decibel import amplitude
from fetal_head.phantom.drawing import draw_mask
from fetal_head.phantom.pose import Pose, draw_pose
from fetal_head.phantom.reflectors import brain_lines, mirrored
from fetal_head.phantom.scan import Beams, Sector, beams_of, draw_sector, scan_convert
from fetal_head.phantom.screen import write_screen
from fetal_head.phantom.skull import echo_level, shell_of
from fetal_head.phantom.surroundings import outside_level, outside_lines


@dataclass(frozen=True)
class Phantom:
    """A synthetic B-mode picture of a fetal head and its labels.

    `image` and `mask` are (rows, columns); `mask` holds the values of `fetal_head.labels`. `annotated` names the
    structures that were looked for: one that is named but has no pixel is not there. `spacing` is mm per pixel along
    (rows, columns).
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    annotated: tuple[str, ...]
    spacing: tuple[float, float]


def phantom(seed: int) -> Phantom:
    """The phantom of `seed`; the same seed gives the same pixels."""
    rng = np.random.default_rng(seed)
    size = draw_size(rng)
    pose = draw_pose(rng, size)
    head = draw_head(rng, size, pose.axes)
    sector = draw_sector(rng, pose.frame, head)
    beams = beams_of(sector, pose.frame)

    grey = vendor_filter(rng, _grey(rng, head, pose, sector, beams))
    picture = scan_convert(grey, sector, beams, pose.frame)
    if rng.random() < 0.3:
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 1.1)))
    image = write_screen(rng, picture, pose.frame)
    return Phantom(image, draw_mask(head, pose), SMALL if pose.cut else NAMES, pose.frame.spacing)


def _grey(rng: np.random.Generator, head: Head, pose: Pose, sector: Sector, beams: Beams) -> Float:
    """Log-compressed grey (0..255) on (samples, beams)."""
    shell = shell_of(rng, head, beams)
    within = shell.depth > 0
    bone = shell.bone > 0
    tissue = np.where(within, brain_level(rng, head, beams, shell), outside_level(rng, beams, shell))
    pulse = draw_pulse(rng, beams)
    inner = mirrored(brain_lines(rng, head), sector, beams, pulse.axial)
    outer = mirrored(outside_lines(rng, pose.frame.width, pose.frame.height), sector, beams, pulse.axial)

    skull = bone * shell.bone * amplitude(echo_level(rng, shell))
    grazing = rng.uniform(0, 4) * np.exp(-((shell.facing / 0.4) ** 2))  # refracted away besides absorbed
    absorption = rng.uniform(0.7, 2.4) * shell.bone * (1 + grazing) + rng.uniform(0.0, 0.05) * (~within)
    faded = amplitude(-loss(absorption, beams))
    lines_echo = np.where(within, inner, outer)
    scatter = (amplitude(tissue) + 0.3 * skull + 0.6 * lines_echo) * faded
    mirror = (0.6 * lines_echo + 0.85 * skull) * faded
    echo = envelope(rng, scatter, mirror, pulse)
    floor = 10 ** (rng.uniform(-75, -60) / 20)
    decibel = 20 * np.log10(echo + floor) + gain(rng, beams.shape) + rng.uniform(-7, 3)
    return compress(decibel, rng.uniform(50, 64), rng.uniform(1.0, 1.5))
