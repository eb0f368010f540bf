"""`report.html`: one file that needs no other one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from fetal_head.evaluation.known import warning
from fetal_head.evaluation.picture import Picture
from fetal_head.evaluation.rules import LIMITS
from fetal_head.labels import BY_NAME

METRICS = {
    "dice": "Dice",
    "iou": "IoU",
    "sensitivity": "Sensitivity",
    "precision": "Precision",
    "hd95": "HD95 (px)",
    "asd": "ASD (px)",
    "hd95_mm": "HD95 (mm)",
    "asd_mm": "ASD (mm)",
    "pooled_dice": "Pooled Dice",
    "detection": "Detection",
}
LENGTHS = {
    "hc_mm": "HC",
    "bpd_mm": "BPD",
    "ofd_mm": "OFD",
    "csp_width_mm": "CSP width",
    "lv_width_mm": "LV width",
    "hc_published_mm": "HC against the published one",
}


def render(metrics: dict[str, Any], plots: Sequence[Picture], overlays: Sequence[Picture]) -> str:
    """The report as HTML; every name in it is escaped, and nothing is fetched from anywhere."""
    return (
        environment(Path(__file__).parent)
        .get_template("report.html")
        .render(
            m=metrics,
            warning=warning(metrics["learned_from"], metrics["images"]),
            plots=plots,
            overlays=overlays,
            metric_titles=METRICS,
            length_titles=LENGTHS,
            structures=BY_NAME,
            limits=LIMITS,
        )
    )


def environment(folder: Path) -> Environment:
    """Where the templates of a folder find what all reports share; every name in them is escaped."""
    found = Environment(
        loader=FileSystemLoader([folder, Path(__file__).parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"number": _number, "estimate": _estimate}
    return found


def _number(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _estimate(mean: dict[str, Any] | None, digits: int = 3) -> str:
    """Mean and interval of an `Estimate` as dictionary; a dash for none."""
    if mean is None or mean["mean"] is None:
        return "–"
    if mean["low"] is None:
        return _number(mean["mean"], digits)
    return f"{_number(mean['mean'], digits)} [{_number(mean['low'], digits)}, {_number(mean['high'], digits)}]"
