"""`fetal-head simulate`."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from fetal_head.cli.options import APP_DIR, App, AsJson, Conf, app, console, figure, listed, overrides, print_table, progress
from fetal_head.config import load_settings
from fetal_head.labels import NAMES

if TYPE_CHECKING:
    from fetal_head.evaluation.pairs import Pair
    from fetal_head.simulation.training import Start

SCRATCH = "scratch"


@app.command(
    epilog="Example: fetal-head simulate --pool pool --test test --strategies hybrid,random --budgets 5,10,20 --to campaign"
)
def simulate(
    pool: Annotated[Path, typer.Option(help="Folder with images/ and masks/ of what may be labelled.")],
    test: Annotated[Path, typer.Option(help="Folder with images/ and masks/, of other patients, to judge by.")],
    strategies: Annotated[str, typer.Option(help="Names of strategies; stock_epistemic is MONAI Label's.")],
    budgets: Annotated[str, typer.Option(help="Counts of labels after which a model is trained.")],
    to: Annotated[Path, typer.Option(file_okay=False, help="Folder for the report; a campaign that was broken off goes on.")],
    seeds: Annotated[int, typer.Option(min=1, help="How often each strategy is tried.")] = 3,
    init: Annotated[str, typer.Option(help="Model version or file to start from, or 'scratch' for random weights.")] = "shipped",
    app_dir: App = APP_DIR,
    as_json: AsJson = False,
    conf: Conf = None,
) -> None:
    """Play an annotation campaign with known masks: what each strategy is worth against the number of labels."""
    from fetal_head.simulation.campaign import Plan, run_campaign
    from fetal_head.simulation.report import write_report

    settings = load_settings(overrides(conf))
    pools, tests = _pairs(pool), _pairs(test)
    start = _start(init, app_dir, [*pools, *tests])
    plan = Plan(tuple(pools), tuple(tests), tuple(listed(strategies)), _counts(budgets), seeds, start, settings)
    cells = list(progress(run_campaign(plan, to), "trainings", plan.size))
    found = write_report(plan, cells, to, shlex.join(["fetal-head", *sys.argv[1:]]))
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        print_table(_table(found))
    console.print(f"campaign.json, report.html and its figures are in {to}")


def _pairs(folder: Path) -> list[Pair]:
    from fetal_head.evaluation.pairs import find_pairs

    return find_pairs(folder / "images", folder / "masks")


def _start(init: str, app_dir: Path, pairs: list[Pair]) -> Start:
    """Where the trainings begin, once it is certain that it has not seen what they are judged by."""
    from fetal_head.model.registry import Registry, Version
    from fetal_head.simulation.ancestry import check_ancestry
    from fetal_head.simulation.training import Start

    if init == SCRATCH:
        return Start(SCRATCH, None)
    path = Path(init)
    if path.is_file():
        # its ancestors lie beside it: the app's versions of those names are others
        registry, version = Registry(path.parent), Version(path.name, path)
    else:
        registry = Registry.of_app(app_dir)
        version = registry.version(init)
    check_ancestry(version, registry, pairs)
    return Start(version.name, version.path)


def _counts(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in listed(text))
    except ValueError as error:
        raise ValueError(f"--budgets must be growing counts of labels such as 5,10,20, not {text!r}") from error


def _table(found: dict[str, Any]) -> Table:
    columns = (*NAMES, "mean", "apl")
    table = Table("strategy", "labels", *columns)
    for name, points in found["curves"].items():
        for point in points:
            numbers = [_text(point[what], 0 if what == "apl" else 3) for what in columns]
            table.add_row(name, str(point["labels"]), *numbers)
    return table


def _text(band: dict[str, Any], digits: int) -> str:
    half = "" if band["low"] is None else f" ± {(band['high'] - band['low']) / 2:.{digits}f}"
    return f"{figure(band['mean'], digits)}{half}"
