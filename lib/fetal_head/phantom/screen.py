"""What the scanner writes over the picture: settings, a grey bar, depth ticks, and boxes that hide text."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from fetal_head.phantom.scan import Frame

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@lru_cache(maxsize=32)
def _font(size: int) -> Font:
    return ImageFont.load_default(size)


def write_screen(rng: np.random.Generator, image: Image.Image, frame: Frame) -> NDArray[np.uint8]:
    """The 8-bit picture with the scanner's writing burnt in, as (rows, columns)."""
    draw = ImageDraw.Draw(image)
    if rng.random() < 0.3:
        _boxes(rng, draw, frame)
    if rng.random() < 0.75:
        _settings(rng, draw, frame)
    if rng.random() < 0.7:
        _mark(rng, draw, frame)
    if rng.random() < 0.85:
        _grey_bar(rng, image, frame)
    if rng.random() < 0.75:
        _depth_ticks(rng, draw, frame)
    return np.asarray(image, np.uint8)


def _settings(rng: np.random.Generator, draw: ImageDraw.ImageDraw, frame: Frame) -> None:
    """Lines of neutral settings at the upper right, flush right."""
    choices = [
        f"OB {rng.integers(1, 4)}T",
        f"Freq {rng.choice(['pen', 'gen', 'res'])}",
        f"G {rng.integers(-9, 10)}",
        f"DR {rng.integers(48, 90)}",
        f"FR {rng.integers(12, 48)} Hz",
        f"MI {rng.uniform(0.6, 1.4):.1f}",
        f"TIs {rng.uniform(0.1, 0.9):.1f}",
        f"D {frame.height / 10:.1f} cm",
        f"C{rng.integers(1, 9)} / P{rng.integers(1, 9)}",
        f"S{rng.integers(1, 6)} E{rng.integers(1, 6)}",
    ]
    size = int(rng.integers(11, 20))
    colour = int(rng.integers(150, 256))
    for row, text in enumerate(rng.permutation(choices)[: rng.integers(2, 8)]):
        draw.text((frame.columns - 2, 2 + row * size), str(text), fill=colour, font=_font(size), anchor="ra")


def _mark(rng: np.random.Generator, draw: ImageDraw.ImageDraw, frame: Frame) -> None:
    """The scanner's own mark at the upper left, and sometimes the letters of the side on the left."""
    size = int(rng.integers(9, 14))
    x = int(rng.integers(20, 60))
    draw.text((x, rng.integers(4, 40)), f"SCAN\n  U{rng.integers(1, 9)}", fill=int(rng.integers(120, 256)), font=_font(size))
    if rng.random() < 0.15:
        at = (x, int(rng.integers(60, frame.rows // 2)))
        draw.text(at, str(rng.choice(["R", "L", "A", "P", "HEAD", "BRAIN"])), fill=255, font=_font(size + 6))


def _grey_bar(rng: np.random.Generator, image: Image.Image, frame: Frame) -> None:
    wide, tall = int(rng.integers(6, 26)), int(rng.uniform(0.06, 0.35) * frame.rows)
    bar = np.repeat(np.linspace(255, 0, tall, dtype=np.uint8)[:, None], wide, axis=1)
    image.paste(Image.fromarray(bar), (int(rng.integers(0, 8)), int(rng.integers(0, 40))))


def _depth_ticks(rng: np.random.Generator, draw: ImageDraw.ImageDraw, frame: Frame) -> None:
    """A mark each 5 mm of depth, longer at each whole cm, and the arrow of the focus."""
    x, colour = int(rng.integers(22, 40)), int(rng.integers(170, 256))
    start = rng.uniform(0, 5)
    for step in range(int((frame.height - start) / 5) + 1):
        y = (start + 5 * step) / frame.spacing[0]
        draw.line([(x, y), (x + (7 if step % 2 == 0 else 2), y)], fill=colour, width=2)
    y = rng.uniform(0.3, 0.7) * frame.rows
    draw.polygon([(x + 12, y - 4), (x + 12, y + 4), (x + 16, y)], fill=colour)


def _boxes(rng: np.random.Generator, draw: ImageDraw.ImageDraw, frame: Frame) -> None:
    """Black boxes over text that was taken out, at the lower and the upper right."""
    wide, tall = rng.uniform(0.1, 0.25) * frame.columns, rng.uniform(0.08, 0.18) * frame.rows
    draw.rectangle((frame.columns - wide, frame.rows - tall, frame.columns, frame.rows), fill=0)
    if rng.random() < 0.5:
        draw.rectangle((frame.columns - 0.5 * wide, 0, frame.columns, tall), fill=0)
