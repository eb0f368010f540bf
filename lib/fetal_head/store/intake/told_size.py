"""The pixel size that was told of a file, once another one has its name."""

from __future__ import annotations

from fetal_head.store.said import SPACING, told_spacing
from fetal_head.store.sql.tables import Image

LOST = "the image %s is another file than the one whose pixel size was told: its own is unknown until it is told"


def forget_size(image: Image) -> bool:
    """Takes it away where the other file has as many bytes, which `told_of` does not tell apart; False where there was none."""
    if told_spacing(image.info) is None or image.told_of != image.size:
        return False
    image.info = {**image.info, SPACING: None}
    return True
