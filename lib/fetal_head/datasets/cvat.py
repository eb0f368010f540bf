"""CVAT's own XML: ellipses, rotated boxes, polygons and painted masks per image."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np

from fetal_head.datasets.annotations import blank, check_names, drawn
from fetal_head.datasets.classes import is_stranger, looked_for
from fetal_head.datasets.names import stem_of
from fetal_head.datasets.pixel_size import PixelSize
from fetal_head.datasets.shapes import box, ellipse, polygon, runs
from fetal_head.imaging import Mask
from fetal_head.imaging.mask import Region
from fetal_head.labels import structure_of

NOT_SHAPES = ("tag",)


class CvatFile:
    """The images of one CVAT file that hold a shape of ours."""

    def __init__(self, path: Path, root: Element) -> None:
        self.path = path
        self.sizes: dict[str, PixelSize] = {}
        drawn = Counter(label for image in root.iter("image") for label in _labels_in(image))
        self.strangers = Counter({label: count for label, count in drawn.items() if is_stranger(label)})
        # a file without the list of its task's labels speaks of those that it uses
        self._classes = {*drawn, *(name.text or "" for name in root.iterfind("meta//label/name"))}
        images = [(stem_of(image.get("name", "")), image) for image in root.iter("image")]
        self._images = {stem: image for stem, image in images if any(structure_of(label) for label in _labels_in(image))}
        check_names(path, [stem for stem, _ in images], self._images)

    @property
    def stems(self) -> list[str]:
        return list(self._images)

    def mask(self, stem: str, shape: tuple[int, int]) -> Mask:
        image = self._images[stem]
        try:
            mask = blank((int(_number(image, "height")), int(_number(image, "width"))), shape)
            return drawn(mask, [(s.value, _region(e, shape)) for e in image if (s := structure_of(e.get("label", "")))])
        except ValueError as error:
            raise ValueError(f"{self.path.name}: {error}") from error

    def annotated(self, stem: str, mask: Mask) -> tuple[str, ...]:
        return looked_for(self._classes, mask)


def read_cvat(path: Path) -> CvatFile | None:
    """A CVAT file, or None for any other XML.

    Raises:
        ValueError: no XML, or XML with a document type: its entities could name other files or grow without end.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        if "<!DOCTYPE" in text:
            raise ValueError("declares a document type, which CVAT never does")
        root = ElementTree.fromstring(text)
    except (ValueError, ElementTree.ParseError) as error:
        raise ValueError(f"{path.name}: {error}") from error
    return CvatFile(path, root) if root.tag == "annotations" and root.find("image") is not None else None


def _labels_in(image: Element) -> list[str]:
    return [shape.get("label", "") for shape in image if shape.tag not in NOT_SHAPES]


def _region(shape: Element, size: tuple[int, int]) -> Region:
    degrees = float(shape.get("rotation", 0.0))
    if shape.tag == "ellipse":
        centre, radii = (_number(shape, "cx"), _number(shape, "cy")), (_number(shape, "rx"), _number(shape, "ry"))
        return ellipse(size, centre, radii, degrees)
    if shape.tag == "box":
        upper_left, lower_right = (_number(shape, "xtl"), _number(shape, "ytl")), (_number(shape, "xbr"), _number(shape, "ybr"))
        return box(size, upper_left, lower_right, degrees)
    if shape.tag == "polygon":
        pairs = [pair.split(",") for pair in shape.get("points", "").split(";") if pair.strip()]
        return polygon(size, np.array(pairs, dtype=np.float64))
    if shape.tag == "mask":
        return _painted(shape, size)
    raise ValueError(f"a {shape.tag} outlines nothing; draw {shape.get('label')} as an ellipse, a box, a polygon or a mask")


def _painted(shape: Element, size: tuple[int, int]) -> Region:
    """A mask of the brush: run lengths along the rows of a window of the image, beginning with what is not painted."""
    left, top, width, height = (int(_number(shape, name)) for name in ("left", "top", "width", "height"))
    if not (0 <= left < left + width <= size[1] and 0 <= top < top + height <= size[0]):
        raise ValueError(f"the mask of {shape.get('label')} reaches beyond its image of {size[1]} x {size[0]} pixels")
    rle = shape.get("rle", "")
    try:
        lengths = np.array(rle.split(","), dtype=np.int64)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"the rle of a mask of {shape.get('label')}, '{rle[:40]}', is no list of run lengths") from error
    region = np.zeros(size, dtype=np.bool_)
    region[top : top + height, left : left + width] = runs((height, width), lengths, "C")
    return region


def _number(element: Element, name: str) -> float:
    text = element.get(name, "")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"the {name} of a shape or image, '{text}', is no number")
    return value
