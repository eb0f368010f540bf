"""What came of a trial."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from fetal_head.files import write_text


@dataclass
class Report:
    """Figures of a trial, and a sentence for everything that must not be."""

    title: str
    figures: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def write_report(to: Path, report: Report) -> None:
    """Prints a trial's table, and writes it as JSON."""
    write_text(to, json.dumps({"trial": report.title, **report.figures, "wrong": report.wrong}, indent=2))
    table = Table(report.title, "")
    for what, value in report.figures.items():
        table.add_row(what, _text(value))
    table.add_row("wrong", str(len(report.wrong)), style="red" if report.wrong else "green")
    console = Console()
    console.print(table)
    for sentence in report.wrong[:50]:
        console.print(f"- {sentence}", markup=False, highlight=False)


def spread(seconds: Sequence[float]) -> dict[str, float | int]:
    """Median, 95th percentile and largest of some times, in milliseconds."""
    if not seconds:
        return {"n": 0}
    p50, p95 = np.percentile(seconds, [50, 95]) * 1000
    return {
        "p50 ms": round(float(p50), 1),
        "p95 ms": round(float(p95), 1),
        "max ms": round(max(seconds) * 1000, 1),
        "n": len(seconds),
    }


def _text(value: Any) -> str:
    return ", ".join(f"{key} {found}" for key, found in value.items()) if isinstance(value, dict) else str(value)
