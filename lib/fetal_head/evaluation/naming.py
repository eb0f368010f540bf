"""Which files of two folders are images and which are their masks, as their names tell."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from fetal_head.datasets.hc18 import ANNOTATIONS
from fetal_head.datasets.names import files_in, stem_of
from fetal_head.evaluation.truth import is_truth
from fetal_head.imaging import EXTENSIONS

MASK_SUFFIXES = (*ANNOTATIONS, "_mask")


def images_in(folder: Path, suffixes: Sequence[str], exported: Collection[str]) -> dict[str, Path]:
    """The images of a folder by their names without extension, and none of the masks beside them, unless an export names it.

    Raises:
        ValueError: there is none, or two bear one name.
    """
    files = files_in(folder)
    stems = {stem_of(path) for path in files}
    pictures: dict[str, Path] = {}
    for path in files:
        stem = stem_of(path)
        is_mask = any(stem.endswith(suffix) and stem.removesuffix(suffix) in stems for suffix in suffixes)
        if is_mask and stem not in exported:
            continue
        if stem in pictures:
            names = f"{pictures[stem].name} and {path.name}"
            raise ValueError(f"{folder} holds two images called {stem}, {names}; keep one, or call a mask {stem}_mask")
        pictures[stem] = path
    if not pictures:
        raise ValueError(f"{folder} holds no image; an image is one of {', '.join(EXTENSIONS)}")
    return pictures


def check_one_meaning(set_aside: Sequence[Path], by_stem: Mapping[str, Sequence[Path]], suffixes: Sequence[str]) -> None:
    """Raises ValueError where a file among the images, taken for the mask of one by its name alone, has a mask of its own."""
    for path in set_aside:
        for mask in (mask for ending in ("", *suffixes) for mask in by_stem.get(stem_of(path) + ending, [])):
            is_twin = mask.parent.samefile(path.parent) and stem_of(mask) == stem_of(path)
            if not is_twin and not is_truth(path):
                raise ValueError(
                    f"{path.name} could be an image, with {mask.name} as its mask, or the mask of another one; "
                    f"rename the image, or take the mask out of {path.parent}"
                )


def mask_of(image: Path, by_stem: Mapping[str, Sequence[Path]], folder: Path, suffixes: Sequence[str]) -> Path:
    """The mask of an image among those of a folder. Raises ValueError where it has none, or two."""
    stem = stem_of(image)
    # a name that says that it is a mask counts more: beside HC18's annotations lie the images themselves
    named, plain = [path for suffix in suffixes for path in by_stem.get(stem + suffix, [])], by_stem.get(stem, [])
    found = [*named, *filter(is_truth, plain)] if named else plain
    if not found:
        names = ", ".join(f"{stem}{suffix}" for suffix in ("", *suffixes))
        raise ValueError(f"{image.name} has no mask: none in {folder} is called {names}; add it or take the image out")
    if len(found) > 1:
        raise ValueError(f"{image.name} has two masks, {found[0].name} and {found[1].name}, in {folder}; keep one of them")
    return found[0]
