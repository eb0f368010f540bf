"""A folder of images and one of masks in, metrics and a report out; the model is an oracle."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

from evaluation.oracle import SHAPE, Oracle, evaluated, folders, head
from fetal_head.evaluation.evaluate import evaluate_folders
from fetal_head.evaluation.rules import RULES
from pictures import write_picture

NOTHING = np.zeros(SHAPE, dtype=np.uint8)


def rows_of(report: Path) -> dict[str, dict[str, str]]:
    with (report / "per_image.csv").open() as file:
        return {row["image"]: row for row in csv.DictReader(file)}


def sizes(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_perfect_model(tmp_path: Path) -> None:
    images = {name: (head(rows), head(rows)) for name, rows in (("Patient1_a", 30), ("Patient1_b", 20), ("Patient2_a", 25))}
    table = sizes(tmp_path / "sizes.csv", "filename,pixel mm\n" + "".join(f"{name}.png,0.5\n" for name in images))
    metrics = evaluated(tmp_path, images, pixel_size=table)
    assert (metrics["model"], metrics["images"], metrics["patients"]) == ("oracle", 3, 2)
    for found in metrics["structures"].values():
        for metric in ("dice", "iou", "sensitivity", "precision", "detection", "pooled_dice"):
            assert found[metric] == {"mean": 1, "low": 1, "high": 1, "n": 3, "patients": 2}
        for metric in ("hd95", "asd", "hd95_mm", "asd_mm"):
            assert found[metric] == {"mean": 0, "low": 0, "high": 0, "n": 3, "patients": 2}
        assert (found["present"], found["absent"], found["missed"], found["false_presence"]) == (3, 0, 0, None)
    assert [found["dice"]["mean"] for found in metrics["network_size"].values()] == [1, 1, 1]
    assert set(metrics["biometry"]) == {"hc_mm", "bpd_mm", "ofd_mm", "csp_width_mm", "lv_width_mm"}
    for errors in metrics["biometry"].values():
        assert (errors["mae"], errors["bias"], errors["sd"], errors["n"], errors["not_measured"]) == (0, 0, 0, 3, 0)


def test_what_is_missed_and_what_is_seen_where_nothing_is(tmp_path: Path) -> None:
    metrics = evaluated(
        tmp_path,
        {
            "Patient1_half": (head(csp=55), head(csp=50)),
            "Patient2_missed": (head(csp=None), head(csp=50)),
            "Patient3_beside": (head(csp=80), head(csp=50)),
            "Patient4_ghost": (head(csp=50), head(csp=None)),
            "Patient5_quiet": (head(csp=None), head(csp=None)),
        },
    )
    found = metrics["structures"]["CSP"]
    assert (found["present"], found["absent"], found["missed"]) == (3, 2, 1)
    assert found["dice"]["mean"] == pytest.approx((0.5 + 0 + 0) / 3)
    assert found["iou"]["mean"] == pytest.approx((1 / 3 + 0 + 0) / 3)
    assert (found["dice"]["n"], found["sensitivity"]["n"], found["precision"]["n"], found["hd95"]["n"]) == (3, 3, 2, 2)
    assert found["precision"]["mean"] == pytest.approx((0.5 + 0) / 2)
    # 10 columns wide, so beside it the middle of the nearest outline is 30 - 9 = 21 pixels away and the far side 30
    assert found["hd95"]["mean"] == pytest.approx((5 + 30) / 2)
    assert found["detection"]["mean"] == pytest.approx(1 / 3)
    assert found["false_presence"] == 0.5
    # 40 of 80 pixels are found once; there are 3 x 80 true and 3 x 80 predicted ones
    assert found["pooled_dice"]["mean"] == pytest.approx(2 * 40 / (240 + 240))
    assert found["pooled_dice"]["n"] == 4
    assert metrics["structures"]["BRAIN"]["dice"]["n"] == 5
    rows = rows_of(tmp_path / "report")
    assert [rows[f"Patient{n}"]["CSP_dice"] for n in ("2_missed", "4_ghost")] == ["0.0", ""]
    assert (rows["Patient4_ghost"]["CSP_present"], rows["Patient4_ghost"]["CSP_seen"]) == ("0", "1")


def test_the_head_is_all_that_is_not_background(tmp_path: Path) -> None:
    """CSP and LV lie inside the head: calling them brain, or the brain CSP, does not change it."""
    metrics = evaluated(tmp_path, {"a": (head(csp=None, lv=None), head()), "b": (head(), head(csp=None, lv=None))})
    assert metrics["structures"]["BRAIN"]["dice"]["mean"] == 1


def test_the_head_has_no_hole_where_somebody_erased_a_csp(tmp_path: Path) -> None:
    erased = np.where(head() == 2, 0, head()).astype(np.uint8)
    found = evaluated(tmp_path, {"a": (head(csp=None), erased)})["structures"]["BRAIN"]
    assert [found[metric]["mean"] for metric in ("dice", "hd95", "asd")] == [1, 0, 0]


def test_a_head_that_is_cut_is_unknown_whatever_is_predicted(tmp_path: Path) -> None:
    metrics = evaluated(tmp_path, {"cut": (head(), head(brain=False)), "whole": (head(), head())})
    assert metrics["structures"]["BRAIN"]["dice"]["n"] == 1
    assert metrics["structures"]["BRAIN"]["absent"] == 0
    assert metrics["structures"]["LV"]["dice"]["n"] == 2
    assert rows_of(tmp_path / "report")["cut"]["BRAIN_present"] == ""


def test_what_is_left_of_an_erased_head_is_unknown_as_well(tmp_path: Path) -> None:
    """Some pixels beside the CSP that the eraser overlooked: CSP and LV would be the true head."""
    rest = head(brain=False)
    rest[30, 60:62] = 1
    found = evaluated(tmp_path, {"rest": (head(), rest), "whole": (head(), head())})["structures"]
    assert (found["BRAIN"]["dice"]["mean"], found["BRAIN"]["dice"]["n"]) == (1, 1)
    assert found["CSP"]["dice"]["n"] == 2


@pytest.mark.parametrize(("classes", "names"), [(["LV", "BRAIN"], ["BRAIN", "LV"]), (["CSP"], ["CSP"])])
def test_classes_that_are_not_asked_for_are_unknown(tmp_path: Path, classes: list[str], names: list[str]) -> None:
    table = sizes(tmp_path / "sizes.csv", "filename,pixel mm\na.png,0.5\n")
    metrics = evaluated(tmp_path, {"a": (head(), head())}, classes=classes, pixel_size=table)
    assert metrics["classes"] == list(metrics["structures"]) == list(metrics["network_size"]) == names
    assert ("hc_mm" in metrics["biometry"]) == ("BRAIN" in names)
    assert ("csp_width_mm" in metrics["biometry"]) == ("CSP" in names)


def test_the_networks_size_is_judged_apart(tmp_path: Path) -> None:
    """Of a CSP that is one column off, every second column is all that the oracle's network sees."""
    metrics = evaluated(tmp_path, {"a": (head(csp=51), head(csp=50))})
    assert metrics["structures"]["CSP"]["dice"]["mean"] == 0.9
    assert metrics["network_size"]["CSP"]["dice"]["mean"] == pytest.approx(2 * 4 / (5 + 5))


def test_lengths_in_millimetres_with_pixels_that_are_not_square(tmp_path: Path) -> None:
    """An ellipse of 30 x 40 pixels is a circle of radius 12 mm where a pixel is 0.4 mm high and 0.3 mm wide."""
    table = sizes(tmp_path / "sizes.csv", "filename,row_mm,column_mm,head circumference (mm)\na.png,0.4,0.3,70\n")
    metrics = evaluated(tmp_path, {"a": (head(30, 40), head(30, 40)), "b": (head(), head())}, pixel_size=table)
    row = rows_of(tmp_path / "report")["a"]
    assert (row["row_mm"], row["column_mm"]) == ("0.4", "0.3")
    assert float(row["hc_mm_reference"]) == pytest.approx(2 * math.pi * 12, rel=0.002)
    assert float(row["bpd_mm_predicted"]) == pytest.approx(24, rel=0.01)
    published = metrics["biometry"]["hc_published_mm"]
    assert published["mae"] == published["bias"] == pytest.approx(2 * math.pi * 12 - 70, abs=0.2)
    assert (published["n"], published["sd"], published["agreement_low"], published["mae_low"]) == (1, None, None, None)
    assert metrics["structures"]["BRAIN"]["hd95_mm"]["n"] == 1
    assert metrics["structures"]["BRAIN"]["hd95"]["n"] == 2


def test_errors_of_measurement(tmp_path: Path) -> None:
    """Circles whose predicted radius is 2 pixels more, 1 less and not to be measured, at 0.5 mm a pixel."""
    true = head(30, 30, csp=None, lv=None)
    images = {
        "a": (head(32, 32, csp=None, lv=None), true),
        "b": (head(29, 29, csp=None, lv=None), true),
        "touches_the_border": (head(60, 60, csp=None, lv=None), true),
        "nothing": (NOTHING, true),
        "cut": (true, head(60, 60)),
    }
    table = sizes(tmp_path / "sizes.csv", "filename,pixel mm\n" + "".join(f"{name},0.5\n" for name in images))
    found = evaluated(tmp_path, images, pixel_size=table)["biometry"]["hc_mm"]
    errors = np.array([2, -1]) * math.pi
    assert found["bias"] == pytest.approx(errors.mean(), abs=0.1)
    assert found["mae"] == pytest.approx(abs(errors).mean(), abs=0.1)
    assert found["sd"] == pytest.approx(errors.std(ddof=1), abs=0.15)
    limits = found["bias"] - 1.96 * found["sd"], found["bias"] + 1.96 * found["sd"]
    assert (found["agreement_low"], found["agreement_high"]) == pytest.approx(limits)
    assert (found["n"], found["not_measured"]) == (2, 2)


def test_intervals_are_over_patients(tmp_path: Path) -> None:
    pairs = [(head(csp=50 + shift), head(csp=50)) for shift in range(4)]
    of_four = evaluated(tmp_path / "1", {f"Patient{n}_a": pair for n, pair in enumerate(pairs)})
    of_two = evaluated(tmp_path / "2", {f"Patient{n // 2}_{n}": pair for n, pair in enumerate(pairs)})
    of_one = evaluated(tmp_path / "3", {f"Patient0_{n}": pair for n, pair in enumerate(pairs)})
    four, two, one = (metrics["structures"]["CSP"]["dice"] for metrics in (of_four, of_two, of_one))
    assert [found["patients"] for found in (four, two, one)] == [4, 2, 1]
    assert [found["mean"] for found in (four, two, one)] == pytest.approx([0.85] * 3)
    assert (two["low"], two["high"], one["low"], one["high"]) == (pytest.approx(0.75), pytest.approx(0.95), None, None)
    assert four["low"] < four["mean"] < four["high"]


def test_what_is_written(tmp_path: Path) -> None:
    images = {f"Patient{n}_a": (head(30 - n, csp=50 + n), head()) for n in range(4)}
    table = sizes(tmp_path / "sizes.csv", "filename,pixel mm,circumference\n" + "".join(f"{name},0.5,100\n" for name in images))
    metrics = evaluated(tmp_path, images, pixel_size=table, command="fetal-head evaluate")
    report = tmp_path / "report"
    assert json.loads((report / "metrics.json").read_text()) == metrics
    assert metrics["rules"] == RULES
    assert metrics["command"] == "fetal-head evaluate"
    assert list(rows_of(report)) == list(images)
    overlays = {f"overlay_{name}_{rank}.png" for name in ("BRAIN", "CSP", "LV") for rank in ("best", "median", "worst")}
    figures = {"dice.png", "bland_altman_hc.png", "bland_altman_hc_published.png"} | overlays
    assert {path.name for path in report.iterdir()} == {"metrics.json", "per_image.csv", "report.html"} | figures
    before = {path.name: path.read_bytes() for path in report.iterdir()}
    evaluated(tmp_path, images, pixel_size=table, command="fetal-head evaluate")
    assert {path.name: path.read_bytes() for path in report.iterdir()} == before


def wrong(root: Path) -> None:
    """Folders of one image whose file, or whose mask's, is of no use."""
    for kind in ("image_text", "mask_text", "mask_size", "mask_turned", "mask_values", "mask_colours"):
        folders(root / kind, {"good": (head(), head()), "wrong": (head(), head())})
    (root / "image_text/images/wrong.png").write_text("no image")
    (root / "mask_text/masks/wrong.png").write_text("no mask")
    write_picture(root / "mask_size/masks/wrong.png", head()[:-1])
    write_picture(root / "mask_turned/masks/wrong.png", head().T)
    write_picture(root / "mask_values/masks/wrong.png", head() * 9)
    write_picture(root / "mask_colours/masks/wrong.png", np.stack([head()] * 3, axis=-1))


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("image_text", r"image wrong.png: is no PNG.*mend it, or take wrong.png out of .*images"),
        ("mask_text", r"mask wrong.png: is no PNG.*mend it, or take wrong.png out"),
        ("mask_size", r"mask wrong.png: the mask has 120 x 79 pixels, its image 120 x 80.*take wrong.png out"),
        ("mask_turned", r"mask wrong.png: the mask is transposed.*take wrong.png out"),
        ("mask_values", r"mask wrong.png: the mask holds the value 9; .*take wrong.png out"),
        ("mask_colours", r"mask wrong.png: is a colour picture.*take wrong.png out"),
    ],
)
def test_a_file_of_no_use_stops_it_before_anything_is_written(tmp_path: Path, kind: str, sentence: str) -> None:
    wrong(tmp_path)
    with pytest.raises(ValueError, match=sentence):
        evaluate_folders(tmp_path / kind / "images", tmp_path / kind / "masks", tmp_path / "report", Oracle())
    assert not (tmp_path / "report").exists()


def test_questions_without_an_answer(tmp_path: Path) -> None:
    images, masks = folders(tmp_path, {"a": (head(), (head() > 0).astype(np.uint8) * 255)})
    with pytest.raises(ValueError, match="no structure is called SKULL; there are BRAIN, CSP, LV"):
        evaluate_folders(images, masks, tmp_path / "report", Oracle(), classes=["SKULL"])
    with pytest.raises(ValueError, match=r"no mask in .*masks speaks of CSP, LV; ask for other classes"):
        evaluate_folders(images, masks, tmp_path / "report", Oracle(), classes=["CSP", "LV"])
    for to in (images, masks, images / "a.png", images / "a.png" / "report"):
        with pytest.raises(ValueError, match="cannot take the report: name a new folder"):
            # told before any image is looked at
            evaluate_folders(images, masks, to, Oracle(), progress=lambda pairs: pytest.fail("looks at images"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images", "masks"]


def test_masks_without_any_structure(tmp_path: Path) -> None:
    metrics = evaluated(tmp_path, {"a": (NOTHING, NOTHING)})
    assert metrics["structures"]["CSP"]["false_presence"] == 0
    assert metrics["structures"]["CSP"]["dice"] == {"mean": None, "low": None, "high": None, "n": 0, "patients": 0}
    assert not list((tmp_path / "report").glob("*.png"))


def test_no_figure_of_an_earlier_evaluation_stays_beside_the_figures_of_this_one(tmp_path: Path) -> None:
    images = {f"Patient{n}_a": (head(30 - n, csp=50 + n), head()) for n in range(4)}
    table = sizes(tmp_path / "sizes.csv", "filename,pixel mm,circumference\n" + "".join(f"{name},0.5,100\n" for name in images))
    evaluated(tmp_path, images, pixel_size=table)
    own = tmp_path / "report" / "overlay_for_the_talk.png"
    own.write_bytes(b"mine")
    evaluated(tmp_path, images, classes=["LV"])
    figures = {"dice.png", *(f"overlay_LV_{rank}.png" for rank in ("best", "median", "worst"))}
    assert {path.name for path in own.parent.glob("*.png")} == {own.name} | figures
