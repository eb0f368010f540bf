"""Pascal VOC as CVAT exports it: masks whose colours stand for classes, which labelmap.txt names."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from fetal_head.datasets.annotations import blank
from fetal_head.datasets.classes import lies_outside, looked_for
from fetal_head.datasets.names import files_in, stem_of
from fetal_head.datasets.pixel_size import PixelSize
from fetal_head.imaging import Mask
from fetal_head.labels import BACKGROUND, NAMES, structure_of

LABELMAP, CLASSES, INSTANCES = "labelmap.txt", "SegmentationClass", "SegmentationObject"

Colour = tuple[int, int, int]


class VocFolder:
    """A folder with labelmap.txt and SegmentationClass. Raises ValueError for a labelmap of no use, or masks in folders."""

    def __init__(self, path: Path) -> None:
        self.path = path / CLASSES
        self.sizes: dict[str, PixelSize] = {}
        # a mask with a class of which nothing is known is refused, and its sentence names the class
        self.strangers: Counter[str] = Counter()
        self._classes = read_labelmap(path / LABELMAP)
        self._files: dict[str, list[Path]] = defaultdict(list)
        for file in files_in(self.path, (".png",)):
            self._files[stem_of(file)].append(file)
        _check_no_folders(self.path)

    @property
    def stems(self) -> list[str]:
        return list(self._files)

    def mask(self, stem: str, shape: tuple[int, int]) -> Mask:
        file, *others = self._files[stem]
        if others:
            raise ValueError(f"{file.name} and {others[0].name} are both of it; keep the one that is right")
        return read_colour_mask(file, self._classes, shape)

    def annotated(self, stem: str, mask: Mask) -> tuple[str, ...]:
        return looked_for(self._classes.values(), mask)


def voc_folders(labelmaps: Iterable[Path]) -> list[VocFolder]:
    """The VOC folders to which the labelmaps belong.

    Raises:
        ValueError: one has only instances, or its labelmap cannot be used.
    """
    roots = [labelmap.parent for labelmap in labelmaps]
    for root in roots:
        refuse_instances(root)
    return [VocFolder(root) for root in roots if (root / CLASSES).is_dir()]


def refuse_instances(folder: Path) -> None:
    """Raises ValueError for a SegmentationObject folder, and for one around it that has no SegmentationClass."""
    is_instances = folder.resolve().name.lower() == INSTANCES.lower()
    if is_instances or ((folder / INSTANCES).is_dir() and not (folder / CLASSES).is_dir()):
        raise ValueError(f"{folder}: the colours in {INSTANCES} number the drawn objects, they are no classes; give {CLASSES}")


def _check_no_folders(classes: Path) -> None:
    """Raises ValueError for masks in folders, whose names are those of their images' folders."""
    for folder in sorted(path for path in classes.glob("*/") if not path.name.startswith(".")):
        if any(folder.rglob("*.png")):
            raise ValueError(
                f"{folder}: masks lie in folders, and two images of different ones may bear one name; "
                "put masks and images side by side, under names that are theirs alone"
            )


def read_labelmap(path: Path) -> dict[Colour, str]:
    """Colour -> class, from lines `name:red,green,blue:parts:actions`.

    Raises:
        ValueError: another line, one colour for two classes, or no class of ours.
    """
    classes: dict[Colour, str] = {}
    for line in path.read_text(encoding="utf-8-sig", errors="replace").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, colour = _class_of(line, path.name)
        if colour in classes:
            raise ValueError(f"{path.name}: two classes have the colour {_text(colour)}")
        classes[colour] = name
    if not any(structure_of(name) for name in classes.values()):
        raise ValueError(f"{path.name}: no class is called {', '.join(NAMES)}")
    return {(0, 0, 0): "background"} | classes


def read_colour_mask(path: Path, classes: Mapping[Colour, str], shape: tuple[int, int]) -> Mask:
    """A colour or palette PNG as a mask, (rows, columns) of our values.

    Raises:
        ValueError: no readable PNG, not of the image's `shape`, or a colour that is not in `classes`, or whose class is unknown:
            a pixel has but one class, and under that one could be any structure.
    """
    try:
        with Image.open(path, formats=("PNG",)) as image:
            mask = blank((image.height, image.width), shape)
            rgb = np.asarray(image.convert("RGB"), dtype=np.uint32)
    except UnidentifiedImageError as error:
        raise ValueError(f"{path.name}: is no PNG") from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path.name}: {error}") from error
    codes = (rgb[..., 0] << 16) | (rgb[..., 1] << 8) | rgb[..., 2]
    for code in np.unique(codes).tolist():
        colour = (code >> 16, code >> 8 & 255, code & 255)
        if colour not in classes:
            raise ValueError(f"{path.name}: the colour {_text(colour)} is not in {LABELMAP}")
        mask[codes == code] = _value_of(classes[colour], path.name)
    return mask


def _value_of(name: str, file: str) -> int:
    if structure := structure_of(name):
        return structure.value
    if lies_outside(name):
        return BACKGROUND
    raise ValueError(
        f"{file}: its class '{name}' is none of {', '.join(NAMES)}, so what lies there is not known; "
        f"call it one of them in {LABELMAP}, or 'outside' if it is not in the head"
    )


def _class_of(line: str, file: str) -> tuple[str, Colour]:
    name, _, rest = line.partition(":")
    try:
        red, green, blue = (int(value) for value in rest.split(":")[0].split(","))
    except ValueError as error:
        raise ValueError(f"{file}: '{line}' is not of the form name:red,green,blue:parts:actions") from error
    return name, (red, green, blue)


def _text(colour: Colour) -> str:
    return ",".join(map(str, colour))
