"""`campaign.json`, the plots and `report.html` of a campaign."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fetal_head import __version__
from fetal_head.evaluation.report import environment
from fetal_head.files import write_text
from fetal_head.labels import NAMES
from fetal_head.simulation.campaign import Plan
from fetal_head.simulation.cell import Cell
from fetal_head.simulation.curves import curves
from fetal_head.simulation.summary import APL, MEAN, summarise


def write_report(plan: Plan, cells: Sequence[Cell], to: Path, command: str) -> dict[str, Any]:
    """Writes them into `to` and returns what campaign.json holds."""
    found = {
        "pool": len(plan.pool),
        "test": len(plan.test),
        "seeds": plan.seeds,
        "budgets": list(plan.budgets),
        "start": plan.start.name,
        **summarise(cells),
        "labelled": [{"strategy": c.strategy, "seed": c.seed, "budget": c.budget, "images": c.labelled} for c in cells],
        "settings": plan.settings.model_dump(include={"model", "learning", "selection"}),
        "command": command,
        "fetal_head": __version__,
    }
    pictures = curves(found["curves"])
    template = environment(Path(__file__).parent).get_template("campaign.html")
    page = template.render(m=found, pictures=pictures, columns=(*NAMES, MEAN, APL))
    for picture in pictures:
        picture.save(to)
    write_text(to / "report.html", page)
    write_text(to / "campaign.json", json.dumps(found, indent=2, allow_nan=False))
    return found
