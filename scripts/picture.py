"""Draws the README's picture: phantoms above, and what the shipped model sees in them below.

python scripts/picture.py --to docs/phantoms.png
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

from fetal_head.config import load_settings
from fetal_head.files import replacing
from fetal_head.imaging.overlay import overlay
from fetal_head.model.registry import SHIPPED
from fetal_head.model.segmenter import load_segmenter
from fetal_head.phantom import phantom

TILE = (360, 248)


def main(
    to: Annotated[Path, typer.Option(help="PNG file.")],
    seeds: Annotated[str, typer.Option(help="Of the phantoms.")] = "3,8,21,34",
) -> None:
    """Writes the picture."""
    model = load_segmenter(SHIPPED, load_settings().model, "shipped")
    numbers = [int(seed) for seed in seeds.split(",")]
    sheet = Image.new("RGB", (TILE[0] * len(numbers), TILE[1] * 2))
    for column, seed in enumerate(numbers):
        image = _small(phantom(seed).image)
        for row, picture in enumerate((Image.fromarray(image), overlay(image, model.predict(image.astype(np.float32)).mask))):
            sheet.paste(picture.crop((0, 0, *TILE)), (column * TILE[0], row * TILE[1]))
    with replacing(to) as temporary:
        sheet.save(temporary, optimize=True)


def _small(image: np.ndarray) -> np.ndarray:
    rows, columns = image.shape
    return np.asarray(Image.fromarray(image).resize((TILE[0], round(rows * TILE[0] / columns)), Image.Resampling.LANCZOS))


if __name__ == "__main__":
    typer.run(main)
