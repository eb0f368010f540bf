"""COCO instances: polygons and run lengths per image."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fetal_head.datasets.annotations import blank, check_names, drawn
from fetal_head.datasets.classes import is_stranger, looked_for
from fetal_head.datasets.names import stem_of
from fetal_head.datasets.pixel_size import PixelSize, per_axis
from fetal_head.datasets.shapes import polygon, runs
from fetal_head.imaging import Mask
from fetal_head.imaging.mask import Region
from fetal_head.labels import in_order, structure_of

# bits of a run length
LONGEST_RUN = 60


@dataclass(frozen=True)
class CocoImage:
    """An image of a COCO file.

    Attributes:
        size: (rows, columns).
        shapes: (value, segmentation) of each annotation of ours.
        looked_for: the structures that were looked for, where an export of ours tells; else empty.
        pixel: the size of a pixel, where an export of ours tells.
    """

    size: tuple[int, int]
    shapes: list[tuple[int, Any]]
    looked_for: tuple[str, ...]
    pixel: PixelSize | None


class CocoFile:
    """The images of one COCO file that hold an annotation of ours. Raises ValueError for a file that is not whole."""

    def __init__(self, path: Path, content: dict[str, Any]) -> None:
        self.path = path
        self.strangers: Counter[str] = Counter()
        try:
            self._classes = _by_id(content["categories"], "categories", "name")
            shapes = self._shapes_by_image(content["annotations"])
            names = _by_id(content["images"], "images", "file_name")
            if strays := shapes.keys() - names.keys():
                raise ValueError(f"an annotation is of image {next(iter(strays))}, which is not in it")
            annotated = [image for image in content["images"] if image["id"] in shapes or _told(image, "annotated")]
            self._images = {stem_of(image["file_name"]): _image(image, shapes.get(image["id"], [])) for image in annotated}
        except (LookupError, TypeError, AttributeError, ValueError, OverflowError) as error:
            raise ValueError(f"{path.name}: is no whole COCO file ({type(error).__name__}: {error})") from error
        check_names(path, map(stem_of, names.values()), self._images)
        self.sizes = {stem: image.pixel for stem, image in self._images.items() if image.pixel}

    def _shapes_by_image(self, annotations: list[dict[str, Any]]) -> dict[Any, list[tuple[int, Any]]]:
        """(value, segmentation) of each annotation of ours, by the image's id; the others are counted."""
        shapes: dict[Any, list[tuple[int, Any]]] = defaultdict(list)
        for annotation in annotations:
            name = self._classes.get(annotation["category_id"], f"category {annotation['category_id']}")
            if structure := structure_of(name):
                shapes[annotation["image_id"]].append((structure.value, annotation.get("segmentation")))
            elif is_stranger(name):
                self.strangers[name] += 1
        return shapes

    @property
    def stems(self) -> list[str]:
        return list(self._images)

    def mask(self, stem: str, shape: tuple[int, int]) -> Mask:
        image = self._images[stem]
        try:
            mask = blank(image.size, shape)
            return drawn(mask, [(value, region(segmentation, shape)) for value, segmentation in image.shapes])
        except ValueError as error:
            raise ValueError(f"{self.path.name}: {error}") from error

    def annotated(self, stem: str, mask: Mask) -> tuple[str, ...]:
        return self._images[stem].looked_for or looked_for(self._classes.values(), mask)


def read_coco(path: Path) -> CocoFile | None:
    """A COCO file, or None for any other JSON. Raises ValueError for a file that is no JSON, or a COCO file that is not whole."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path.name}: {error}") from error
    is_coco = isinstance(content, dict) and {"images", "annotations", "categories"} <= content.keys()
    return CocoFile(path, content) if is_coco else None


def _by_id(entries: list[dict[str, Any]], what: str, field: str) -> dict[Any, str]:
    """A field of each entry by the entry's id. Raises ValueError where two share one: nobody can tell what is annotated then."""
    found: dict[Any, str] = {}
    for entry in entries:
        if entry["id"] in found:
            raise ValueError(f"two {what} have the id {entry['id']}")
        found[entry["id"]] = str(entry[field])
    return found


def _image(content: dict[str, Any], shapes: list[tuple[int, Any]]) -> CocoImage:
    pixel = _told(content, "pixel_size_mm")
    return CocoImage(
        size=(int(content["height"]), int(content["width"])),
        shapes=shapes,
        looked_for=in_order(_told(content, "annotated")),
        pixel=per_axis(*pixel) if pixel else None,
    )


def _told(content: dict[str, Any], key: str) -> list[Any]:
    """What an export of ours lists under a key; other programs have something else there, COCO Annotator a truth value."""
    told = content.get(key)
    return told if isinstance(told, list) else []


def region(segmentation: Any, shape: tuple[int, int]) -> Region:
    """(rows, columns) true inside one annotation's `segmentation`: a list of polygons, or run lengths.

    Raises:
        ValueError: neither of them, or not of the image's shape.
    """
    try:
        if isinstance(segmentation, dict):
            return _from_runs(segmentation, shape)
        if not segmentation:
            raise ValueError("an annotation has no outline")
        polygons = [polygon(shape, np.array(points, dtype=np.float64).reshape(-1, 2)) for points in segmentation]
        return np.asarray(np.logical_or.reduce(polygons))
    except (LookupError, TypeError, OverflowError) as error:
        raise ValueError(f"an annotation's outline cannot be read ({type(error).__name__}: {error})") from error


def _from_runs(segmentation: dict[str, Any], shape: tuple[int, int]) -> Region:
    """Run lengths of background and foreground in turn, down the columns."""
    counts = segmentation["counts"]
    lengths = np.array(decode_counts(counts) if isinstance(counts, str) else counts, dtype=np.int64)
    blank((int(segmentation["size"][0]), int(segmentation["size"][1])), shape)
    return runs(shape, lengths, "F")


def decode_counts(text: str) -> list[int]:
    """COCO's compressed run lengths: 5 bits a character, low bits first, bit 6 for more; from the fourth on, the
    difference from the run before the last (maskApi.c, rleFrString).

    Raises:
        ValueError: the text ends amid a number, or holds another character.
    """
    runs: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64:
            raise ValueError(f"'{character}' cannot stand in compressed run lengths")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            if shift > LONGEST_RUN:
                raise ValueError("a compressed run length is longer than any image")
            continue
        if bits & 16:
            value -= 1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
        value = shift = 0
    if shift:
        raise ValueError("compressed run lengths end amid a number")
    return runs
