"""What a mask may be, and how one that a viewer wrote in its own order becomes one of ours."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from fetal_head.labels import BRAIN, NAMES, SMALL, STRUCTURES, VALUES, structure_of

# both (rows, columns): of our values, and true inside
Mask = NDArray[np.uint8]
Region = NDArray[np.bool_]


def check_mask(values: NDArray[np.generic], shape: tuple[int, int] | None) -> Mask:
    """The mask as uint8, once it is certain that it is one.

    Args:
        values: (rows, columns) of 0 background, 1 BRAIN, 2 CSP, 3 LV, of any number type.
        shape: (rows, columns) of the image that it belongs to, where known.

    Raises:
        ValueError: another shape than the image's (a transposed mask is named as such), or another value.
    """
    if shape is not None:
        check_shape(values.shape, shape)
    # the values have no gap, and looking each pixel up takes a tenth of the time of a submission
    if values.dtype.kind == "u" and values.max(initial=0) <= len(STRUCTURES):
        return values.astype(np.uint8)
    strangers = values[~np.isin(values, (0, *VALUES.values()))]
    if strangers.size:
        allowed = ", ".join(f"{s.value} {s.name}" for s in STRUCTURES)
        raise ValueError(f"the mask holds the value {strangers.flat[0]:g}; a mask holds 0 background, {allowed}")
    return values.astype(np.uint8)


def check_shape(mask: tuple[int, ...], image: tuple[int, int]) -> None:
    """Raises ValueError for a mask of another (rows, columns) than its image has."""
    if mask == image[::-1] != image:
        raise ValueError(f"the mask is transposed: it has {_size(mask)} pixels and its image {_size(image)}")
    if mask != image:
        raise ValueError(f"the mask has {_size(mask)} pixels, its image {_size(image)}; save it at the image's size")


def remap(values: NDArray[np.generic], segments: Mapping[int, str]) -> NDArray[np.generic]:
    """A viewer's labelmap with our values, each segment found by its name.

    Args:
        values: (rows, columns), in the viewer's values.
        segments: viewer's value -> segment name; names that stand for nothing of ours may be listed if no pixel has them.

    Raises:
        ValueError: a pixel's value is not listed, its segment's name is no structure, or two segments are one structure.
    """
    ours: dict[int, int] = {0: 0}
    for value in np.unique(values).tolist():
        if value == 0:
            continue
        name = segments.get(int(value)) if float(value).is_integer() else None
        if name is None:
            raise ValueError(f"the mask holds the value {value:g}, for which no segment is named")
        structure = structure_of(name)
        if structure is None:
            raise ValueError(f"the segment '{name}' is none of {', '.join(NAMES)}; rename it or delete it")
        if structure.value in ours.values():
            raise ValueError(f"two segments are called {structure.name}; merge them into one")
        ours[int(value)] = structure.value
    remapped = np.zeros(values.shape, dtype=np.uint8)
    for theirs, value in ours.items():
        remapped[values == theirs] = value
    return remapped


def annotated_in(mask: Mask) -> tuple[str, ...]:
    """The structures that a submitted mask speaks of when nobody says otherwise.

    A missing CSP or LV is an answer (it is not visible). A head always is there, so a mask without a BRAIN pixel
    means one that the field of view cuts: unknown, not absent.
    """
    return NAMES if bool((mask == BRAIN.value).any()) else SMALL


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(str(n) for n in shape[::-1])


def region_of(mask: Mask, name: str) -> Region:
    """The region of a structure, (rows, columns); BRAIN is the whole head, with all that it encloses.

    That is CSP and LV, and the hole that 3D Slicer leaves in the head where one of them was erased.
    """
    pixels = pixels_of(mask, name)
    return without_holes(pixels) if name == BRAIN.name else pixels


def pixels_of(mask: Mask, name: str) -> Region:
    """The pixels of a structure, (rows, columns), as they were drawn; CSP and LV are BRAIN's, too."""
    return np.asarray(mask > 0 if name == BRAIN.name else mask == VALUES[name])


def part_of(mask: Mask, annotated: Collection[str]) -> Mask:
    """What a mask says of the annotated structures: what lies in the head is head, where nothing else is known of it."""
    part = np.zeros_like(mask)
    for name in NAMES:
        if name in annotated:
            part[pixels_of(mask, name)] = VALUES[name]
    return part


def bounding_box(region: Region) -> tuple[slice, slice] | None:
    """The smallest window (rows, columns) that holds all pixels of a region; None for an empty one."""
    rows, columns = (np.flatnonzero(region.any(axis=axis)) for axis in (1, 0))
    return (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)) if rows.size else None


def largest_component(region: Region, *, diagonal: bool = False) -> Region:
    """The largest connected part of a region; the region itself when it is empty.

    Args:
        region: (rows, columns).
        diagonal: pixels that meet at a corner are connected, too.
    """
    return _changed(region, partial(_largest, diagonal=diagonal))


def without_holes(region: Region) -> Region:
    """A region, (rows, columns), with all that it encloses: `ndimage.binary_fill_holes` in a third of its time."""
    return _changed(region, _filled)


def _changed(region: Region, change: Callable[[Region], Region]) -> Region:
    """A change that nothing compact needs, made where the region is."""
    around = bounding_box(region)
    if around is None or _is_compact(region[around]):
        return region
    changed = np.zeros_like(region)
    changed[around] = change(region[around])
    return changed


def _is_compact(region: Region) -> bool:
    """Whether each row holds one run of pixels that touches the one above: then there is one piece, without holes.

    That is so for every ellipse, and spares each prediction a search through its pixels.
    """
    runs = region[:, 0] + np.count_nonzero(region[:, 1:] & ~region[:, :-1], axis=1)
    return bool((runs == 1).all() and (region[1:] & region[:-1]).any(axis=1).all())


def _largest(region: Region, *, diagonal: bool) -> Region:
    numbered, count = ndimage.label(region, ndimage.generate_binary_structure(2, 2 if diagonal else 1))
    if count <= 1:
        return region
    sizes = np.bincount(numbered.ravel())
    sizes[0] = 0
    return np.asarray(numbered == sizes.argmax())


def _filled(region: Region) -> Region:
    outside, _ = ndimage.label(np.pad(~region, 1, constant_values=True))
    return np.asarray((outside != outside[0, 0])[1:-1, 1:-1])
