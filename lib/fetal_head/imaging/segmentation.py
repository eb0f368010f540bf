"""3D Slicer's segmentations: segments by name, on one or several layers, cut to a part of the image or not."""

from __future__ import annotations

import re

import numpy as np
import SimpleITK as sitk

from fetal_head.imaging.mask import Mask, bounding_box, remap
from fetal_head.imaging.volume import plane_of
from fetal_head.labels import BRAIN, STRUCTURES

SEGMENT = re.compile(r"(Segment\d{1,9})_(?:ID|Name|LabelValue)")
OFFSET = "Segmentation_ReferenceImageExtentOffset"
PARAMETERS = "Segmentation_ConversionParameters"
# a matrix of 4 x 4, then the first and the last pixel along each of three axes
GEOMETRY = re.compile(r"Reference image geometry\|((?:[-+.0-9e]+;){21}[-+.0-9e]+);?\|", re.IGNORECASE)
# Slicer writes spacing and geometry with other digits
SAME_SIZE = 0.001
AGAIN = "save it again with 3D Slicer"


def is_segmentation(volume: sitk.Image) -> bool:
    """Whether an NRRD file tells of segments."""
    return any(map(SEGMENT.fullmatch, volume.GetMetaDataKeys()))


def read_segmentation(volume: sitk.Image, shape: tuple[int, int] | None) -> Mask:
    """A segmentation as a mask, uint8 in our values: the image's (rows, columns) if they are given, else as it is in the file.

    Raises:
        ValueError: segments that cannot be told apart or were drawn on other pixels than the image's, CSP and LV in the same
            pixel, or labels that lie beyond the image.
    """
    array = sitk.GetArrayFromImage(volume)
    layered = volume.GetNumberOfComponentsPerPixel() > 1
    layers = [plane_of(array[..., i]) for i in range(array.shape[-1])] if layered else [plane_of(array)]
    keys = {key: volume.GetMetaData(key) for key in volume.GetMetaDataKeys()}
    if shape is not None:
        _check_grid(volume, keys.get(PARAMETERS, ""), shape)
    merged = np.zeros(layers[0].shape, dtype=np.uint8)
    drawn: set[int] = set()
    for layer, names in zip(layers, _names(keys, len(layers)), strict=True):
        values = remap(layer, names).astype(np.uint8)
        found = set(np.unique(values[values > 0]).tolist())
        for structure in STRUCTURES:
            if structure.value in drawn & found:
                raise ValueError(f"two segments are called {structure.name}; merge them into one")
        both = int(((values > BRAIN.value) & (merged > BRAIN.value)).sum())
        if both:
            raise ValueError(f"CSP and LV overlap in {both} pixels; give each pixel to one of them, then save it again")
        drawn |= found
        # CSP and LV lie inside the head, so where layers overlap they win over BRAIN
        merged = np.where((values > BRAIN.value) | (merged == 0), values, merged).astype(np.uint8)
    return _placed(merged, keys.get(OFFSET), shape)


def _check_grid(volume: sitk.Image, parameters: str, shape: tuple[int, int]) -> None:
    """Raises ValueError for segments on other pixels than the image's, by which nobody can count where in it they lie."""
    told = GEOMETRY.search(parameters)
    if told is None:
        return
    numbers = np.array(told[1].split(";"), dtype=np.float64)
    pixel = np.linalg.norm(numbers[:16].reshape(4, 4)[:3, :2], axis=0)
    first_column, last_column, first_row, last_row = numbers[16:20]
    size = last_row - first_row + 1, last_column - first_column + 1
    if size != shape or not np.allclose(volume.GetSpacing()[:2], pixel, rtol=SAME_SIZE, atol=0):
        raise ValueError(
            f"its segments are drawn on other pixels than the image's {shape[1]} x {shape[0]}: give the segmentation the image's "
            "geometry in 3D Slicer, without oversampling, then save it again"
        )


def _names(keys: dict[str, str], layers: int) -> list[dict[int, str]]:
    """Of each layer, its values and the names of their segments."""
    names: list[dict[int, str]] = [{} for _ in range(layers)]
    segments = sorted({found[1] for found in map(SEGMENT.fullmatch, keys) if found}, key=lambda s: int(s.removeprefix("Segment")))
    told = any(f"{segment}_{field}" in keys for segment in segments for field in ("LabelValue", "Layer"))
    # before segments could share a layer, Slicer wrote each on one of its own, with the value 1
    if not told and len(segments) == layers:
        return [{1: _said(keys, f"{segment}_Name")} for segment in segments]
    for segment in segments:
        name, value = _said(keys, f"{segment}_Name"), _number(keys, f"{segment}_LabelValue")
        layer = _number({f"{segment}_Layer": "0", **keys}, f"{segment}_Layer")
        if layer >= layers:
            raise ValueError(f"{segment} is on layer {layer}, and the segmentation has {layers}; {AGAIN}")
        if value in names[layer]:
            raise ValueError(f"the segments '{names[layer][value]}' and '{name}' have the same value {value}; {AGAIN}")
        names[layer][value] = name
    return names


def _said(keys: dict[str, str], key: str) -> str:
    if key not in keys:
        raise ValueError(f"{key} is missing, so that nobody knows which pixels are whose; {AGAIN}")
    return keys[key]


def _number(keys: dict[str, str], key: str) -> int:
    text = _said(keys, key)
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError(f"{key} is '{text[:40]}', not a number from 0; {AGAIN}")
    return int(text)


def _placed(mask: Mask, offset: str | None, shape: tuple[int, int] | None) -> Mask:
    """Puts a segmentation that Slicer cut to its own extent, or moved, to where its labels are in the image."""
    if shape is None or offset is None or mask.shape == shape[::-1] != shape:
        return mask
    place = re.fullmatch(r"\s*(-?[0-9]{1,9})\s+(-?[0-9]{1,9})(?:\s+0)?\s*", offset)
    if place is None:
        raise ValueError(f"{OFFSET} is '{offset[:40]}', no place in a 2D image; {AGAIN}")
    whole = np.zeros(shape, dtype=np.uint8)
    box = bounding_box(mask > 0)
    if box is not None:
        rows, columns = (slice(at.start + by, at.stop + by) for at, by in zip(box, (int(place[2]), int(place[1])), strict=True))
        if min(rows.start, columns.start) < 0 or rows.stop > shape[0] or columns.stop > shape[1]:
            raise ValueError(f"labels of the segmentation reach beyond its image of {shape[1]} x {shape[0]} pixels")
        whole[rows, columns] = mask[box]
    return whole
