"""Small folders that look like the published data sets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from fetal_head.datasets.shapes import box, ellipse
from fetal_head.imaging import Mask

SHAPE = (66, 96)
FULL = {"background": (0, 0, 0), "Brain": (255, 0, 0), "CSP": (255, 255, 0), "LV": (0, 0, 255)}
VOC = {"background": (0, 0, 0), "Brain": (128, 0, 0), "CSP": (0, 128, 0), "LV": (128, 128, 0)}


def picture(seed: int, shape: tuple[int, int] = SHAPE) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def head(shape: tuple[int, int] = SHAPE, brain: bool = True) -> Mask:
    mask = np.zeros(shape, dtype=np.uint8)
    rows, columns = shape
    if brain:
        mask[ellipse(shape, (columns / 2, rows / 2), (columns * 0.4, rows * 0.38), 10)] = 1
    mask[box(shape, (columns * 0.3, rows * 0.45), (columns * 0.4, rows * 0.52), 20)] = 2
    mask[box(shape, (columns * 0.6, rows * 0.5), (columns * 0.75, rows * 0.6), -15)] = 3
    return mask


def outline(mask: Mask, width: int = 3) -> NDArray[np.uint8]:
    """The edge of a filled head as a line that lies inside of it, 0 and 255."""
    inside = mask > 0
    return ((inside & ~ndimage.binary_erosion(inside, iterations=width)) * 255).astype(np.uint8)


def save(path: Path, pixels: NDArray[np.generic]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.ascontiguousarray(pixels)).save(path)
    return path


def save_voc(path: Path, mask: Mask, colours: Mapping[str, tuple[int, int, int]], palette: bool = False) -> Path:
    """A mask in colours, as RGB or as a palette picture whose indices are not the labels."""
    table = np.array([colours[name] for name in ("background", "Brain", "CSP", "LV")], dtype=np.uint8)
    if not palette:
        return save(path, table[mask])
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(np.ascontiguousarray(3 - mask))
    image.putpalette(table[::-1].tobytes())
    image.save(path)
    return path


def write_labelmap(folder: Path, colours: Mapping[str, tuple[int, int, int]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{name}:{','.join(map(str, colour))}::" for name, colour in colours.items()]
    (folder / "labelmap.txt").write_text("\n".join(["# label:color_rgb:parts:actions", *lines, ""]))


def write_coco(
    path: Path,
    *stems: str,
    squares: Mapping[str, tuple[int, int, int, int]] | None = None,
    declared: tuple[str, ...] = (),
) -> None:
    """COCO with the same (left, top, right, bottom) squares in each image, by class: a head if nothing else is said."""
    squares = squares or {"head": (10, 10, 30, 30)}
    names = [*dict.fromkeys((*declared, *squares))]
    images = [{"id": i, "file_name": f"{stem}.png", "height": SHAPE[0], "width": SHAPE[1]} for i, stem in enumerate(stems)]
    annotations = [
        {"image_id": image["id"], "category_id": names.index(name), "segmentation": [[x, y, right, y, right, bottom, x, bottom]]}
        for image in images
        for name, (x, y, right, bottom) in squares.items()
    ]
    categories = [{"id": i, "name": name} for i, name in enumerate(names)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))


def hc18(root: Path, masks: Mapping[str, Mask], *, width: int = 3) -> Path:
    rows = ["filename,pixel size(mm),head circumference (mm)"]
    for seed, (stem, mask) in enumerate(masks.items()):
        save(root / "training_set" / f"{stem}.png", picture(seed, mask.shape))
        save(root / "training_set" / f"{stem}_Annotation.png", outline(mask, width))
        rows.append(f"{stem}.png,0.{seed + 1},170.5")
    (root / "training_set_pixel_size_and_HC.csv").write_text("\r\n".join(rows))
    return root


def plane(
    folder: Path,
    stems: list[str],
    colours: Mapping[str, tuple[int, int, int]],
    *,
    images: str = "",
    shape: tuple[int, int] = SHAPE,
) -> Path:
    """One plane folder of the Alzubaidi data set: images, a table with BOM and a header with two blanks, and VOC masks."""
    voc = folder / f"{folder.name}-PASCAL"
    write_labelmap(voc, colours)
    (voc / "ImageSets").mkdir()
    rows = ["Label,Pixel  in mm"]
    for stem in stems:
        seed = crc32(f"{folder.name}{stem}".encode())
        save(folder / (images or folder.name) / f"{stem}.png", np.repeat(picture(seed, shape)[..., None], 3, axis=2))
        save_voc(voc / "SegmentationClass" / f"{stem}.png", head(shape), colours)
        save_voc(voc / "SegmentationObject" / f"{stem}.png", head(shape), VOC)
        rows.append(f"{stem}.png,0.2")
    (folder / f"{folder.name}-Pixel-Size.csv").write_text("\n".join(rows), encoding="utf-8-sig")
    return folder
