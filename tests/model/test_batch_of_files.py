"""The table of predictions says what the masks beside it hold, whoever writes into the folder and however a run ends."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fetal_head.imaging import Mask, read_mask
from fetal_head.model import batch
from fetal_head.model.batch import predict_files
from fetal_head.model.segmenter import Prediction
from pictures import speckle, write_picture

SHAPE = (60, 90)


class Whole:
    """Takes as many rows of an image for the head as its first pixel says."""

    def predict(self, image: NDArray[np.float32]) -> Prediction:
        mask = np.zeros(SHAPE, dtype=np.uint8)
        mask[10 : 10 + int(image[0, 0]), 20:50] = 1
        return Prediction(mask, {"BRAIN": 0.9, "CSP": None, "LV": None}, "whole", None, np.zeros((3, 1, 1), dtype=np.bool_))


def picture(folder: Path, name: str, rows: int) -> Path:
    pixels = speckle(*SHAPE)
    pixels[0, 0] = rows
    return write_picture(folder / f"{name}.png", pixels)


def areas(to: Path) -> dict[str, tuple[int, int]]:
    """By image, the pixels of the head in the table and in the mask."""
    with (to / "predictions.csv").open(newline="") as file:
        table = {row["image"]: int(row["brain_area_px"]) for row in csv.DictReader(file)}
    masks: dict[str, Mask] = {path.stem: read_mask(path) for path in to.glob("*.nrrd")}
    assert table.keys() == masks.keys()
    return {name: (area, int(np.count_nonzero(masks[name]))) for name, area in table.items()}


def test_runs_at_the_same_time_keep_each_others_rows(tmp_path: Path) -> None:
    a, b = picture(tmp_path, "a", 20), picture(tmp_path, "b", 30)
    to = tmp_path / "out"

    def meanwhile(images: Iterable[Path]) -> Iterator[Path]:
        predict_files([b], to, Whole())  # type: ignore[arg-type]
        yield from images

    predict_files([a], to, Whole(), progress=meanwhile)  # type: ignore[arg-type]
    assert areas(to) == {"a": (600, 600), "b": (900, 900)}


def test_a_run_that_is_broken_off_leaves_no_row_of_an_older_mask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to = tmp_path / "out"
    predict_files([picture(tmp_path, "a", 20)], to, Whole())  # type: ignore[arg-type]

    def broken_off(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(batch, "draw", broken_off)
    with pytest.raises(KeyboardInterrupt):
        predict_files([picture(tmp_path, "a", 30)], to, Whole(), overlay=True)  # type: ignore[arg-type]
    assert areas(to) == {"a": (900, 900)}


def test_no_mask_is_written_beside_an_image_or_a_link_to_one(tmp_path: Path) -> None:
    image = picture(tmp_path, "a", 20)
    (links := tmp_path / "links").mkdir()
    (link := links / "a.png").symlink_to(image)
    (way := tmp_path / "way").symlink_to(links)
    for path, to in ((image, tmp_path), (link, links), (link, tmp_path), (link, way), (way / "a.png", links)):
        with pytest.raises(ValueError, match="holds images, and their masks would be taken for some"):
            predict_files([path], to, Whole())  # type: ignore[arg-type]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.png", "a.png", "links", "way"]
