"""All that annotation files say of one image."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fetal_head.datasets.annotations import Annotations, drawn
from fetal_head.datasets.candidate import Shape
from fetal_head.datasets.pixel_size import PixelSize
from fetal_head.imaging import Mask
from fetal_head.imaging.mask import Region
from fetal_head.labels import BRAIN, STRUCTURES, in_order


@dataclass(frozen=True)
class Drawings:
    """One image in the files that name it: each may have another structure of it."""

    stem: str
    sources: Sequence[Annotations]

    def mask(self, shape: Shape) -> Mask:
        """The mask, (rows, columns). Raises ValueError where a file's part cannot be had, or two contradict each other."""
        masks = {source.path: source.mask(self.stem, shape) for source in self.sources}
        return merged(masks) if len(masks) > 1 else masks[self.sources[0].path]

    def size(self) -> PixelSize | None:
        """The size of its pixels, where a file tells. Raises ValueError where two tell another one."""
        sizes = {source.path: source.sizes[self.stem] for source in self.sources if self.stem in source.sizes}
        first, *others = sizes or [Path()]
        for other in others:
            if sizes[first] != sizes[other]:
                raise ValueError(f"{_named((first, other))} tell different pixel sizes of it; keep the one that is right")
        return sizes.get(first)

    def annotated(self, mask: Mask) -> tuple[str, ...]:
        """The structures that were looked for, in one file or another."""
        return in_order(name for source in self.sources for name in source.annotated(self.stem, mask))


def by_image(annotations: Iterable[Annotations]) -> dict[str, Drawings]:
    """What is annotated of each image, by its name without extension."""
    sources: dict[str, list[Annotations]] = defaultdict(list)
    for source in annotations:
        for stem in source.stems:
            sources[stem].append(source)
    return {stem: Drawings(stem, those) for stem, those in sources.items()}


def merged(masks: Mapping[Path, Mask]) -> Mask:
    """One mask of those that several files have of an image, CSP and LV over the BRAIN in which they lie.

    Raises:
        ValueError: two of them have a structure at different places, or CSP and LV at the same.
    """
    inside = np.logical_or.reduce([mask > BRAIN.value for mask in masks.values()])
    pairs: list[tuple[int, Region]] = []
    for structure in STRUCTURES:
        regions = {path: mask == structure.value for path, mask in masks.items() if (mask == structure.value).any()}
        if structure is BRAIN:
            regions = {path: region | inside for path, region in regions.items()}
        _check_equal(structure.name, regions)
        pairs += [(structure.value, region) for region in regions.values()]
    try:
        return drawn(np.zeros(inside.shape, dtype=np.uint8), pairs)
    except ValueError as error:
        raise ValueError(f"{_named(masks)}: {error}") from error


def _check_equal(name: str, regions: Mapping[Path, Region]) -> None:
    first, *others = regions or [Path()]
    for other in others:
        if not np.array_equal(regions[first], regions[other]):
            raise ValueError(f"{_named((first, other))} outline {name} differently; keep the one that is right")


def _named(paths: Iterable[Path]) -> str:
    return " and ".join(f"{path.parent.name}/{path.name}" for path in paths)
