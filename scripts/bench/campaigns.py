"""What the strategies are worth: annotation campaigns on real images and on phantoms. Hours; broken off, they go on.

    python scripts/bench/campaigns.py real --images DIR/images --masks DIR/masks --init first.safetensors --to runs/real

The images are divided by patient into folds; each fold in its turn is the test set, the others are the pool. `--init` are weights
of phantoms and HC18 (scripts/train_shipped.py makes them first). Intervals are over patients, all of whom are tested once a seed.

    fetal-head import HC18 --to studies/hc18
    fetal-head train --studies studies/hc18 --init scratch --epochs 60 --app runs/heads --conf processes 1 \
        --conf network unet --conf channels "[8, 16, 32, 64, 128]" --conf frame_rows 96 --conf frame_columns 128 \
        --conf learning_rate 0.003 --conf augmentation spatial
    python scripts/bench/campaigns.py phantoms --init runs/heads/model/fetal_head/v0001.safetensors --to runs/phantoms
    python scripts/bench/campaigns.py cold-start --init runs/heads/model/fetal_head/v0001.safetensors --to runs/phantoms

Here `--init` knows heads alone, and bands are over the seeds. The settings by which a server retrains correct a model that knows
all structures; within their 200 steps this one learns next to nothing of those that it was never shown. So each training takes
600 larger steps, by a small network that takes no longer for them. `phantoms --epochs 180 --pool-seed 601 --budgets 10,20,40,60
--strategies hybrid,random` takes three times as many, of which the whole pool teaches more.

The segmenter learns; the locator, which knows the head already, does not, which takes half the time. `--part` does some
strategies only, so that several processes can share a campaign.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from fetal_head import __version__
from fetal_head.config import Settings, load_settings
from fetal_head.datasets.phantoms import write_phantoms
from fetal_head.evaluation.bootstrap import Estimate, mean_over_patients
from fetal_head.evaluation.pairs import Pair, find_pairs
from fetal_head.files import write_text
from fetal_head.labels import NAMES
from fetal_head.model.registry import Registry, Version
from fetal_head.simulation.ancestry import check_ancestry
from fetal_head.simulation.campaign import Plan, run_campaign
from fetal_head.simulation.cell import Cell
from fetal_head.simulation.needed import labels_needed, small_dice
from fetal_head.simulation.summary import APL, MEAN, summarise
from fetal_head.simulation.training import Start

COMMON = {"processes": "1", "train_locator": "false"}
AS_SERVED = load_settings(COMMON)
FROM_HEADS = {"learning_rate": "0.01", "csp_weight": "20", "lv_weight": "20", "augmentation": "spatial"}
EPOCHS = 60
FOLDS, REAL_BUDGETS = 4, (5, 10, 15, 20)
POOL, TEST, BUDGETS = 400, 200, (10, 20, 30, 40, 60, 80, 100)
# of phantoms that no model has learned from; those to judge by have the next one
POOL_SEED = 301
# of what the whole pool reaches
SHARE = 0.95

app = typer.Typer(add_completion=False)
# as wide as the tables, also in a file
CONSOLE = Console(width=160)
Init = Annotated[Path, typer.Option(help="Model file that every training starts from and that saw none of the images.")]
To = Annotated[Path, typer.Option(help="Folder for the trainings that are done and the figures.")]
Seeds = Annotated[int, typer.Option(min=1, help="How often each strategy is tried.")]
Part = Annotated[str, typer.Option(help="Strategies to run, separated by commas; no figures are made of a part.")]


@app.command()
def real(
    images: Annotated[Path, typer.Option(help="Folder of images.")],
    masks: Annotated[Path, typer.Option(help="Folder of their masks.")],
    init: Init,
    to: To,
    seeds: Seeds = 1,
    part: Part = "",
) -> None:
    """Dice against labels on images of patients that are neither labelled nor in the starting weights."""
    # not foreground_random: the model sees an LV in each of these images, so it draws what random draws
    names = ("hybrid", "random", "stock_epistemic")
    pairs = find_pairs(images, masks)
    patients = sorted({pair.patient for pair in pairs})
    cells: list[Cell] = []
    for fold in range(FOLDS):
        test = [pair for pair in pairs if patients.index(pair.patient) % FOLDS == fold]
        pool = [pair for pair in pairs if pair not in test]
        cells += _run(pool, test, _split(part) or names, REAL_BUDGETS, seeds, init, AS_SERVED, to / f"fold{fold}")
    if not part:
        points = _over_patients(_joined(cells))
        _write(to / "campaigns_real.json", {"images": len(pairs), "folds": FOLDS, "points": points}, init, AS_SERVED, seeds)
        CONSOLE.print(_table(points))


@app.command()
def phantoms(
    init: Init,
    to: To,
    seeds: Seeds = 3,
    part: Part = "",
    strategies: Annotated[
        str, typer.Option(help="All that are compared, separated by commas.")
    ] = "hybrid,random,stock_epistemic",
    budgets: Annotated[str, typer.Option(help="Counts of labels, separated by commas.")] = ",".join(map(str, BUDGETS)),
    epochs: Annotated[int, typer.Option(min=1, help="Length of each training, of 10 steps each.")] = EPOCHS,
    pool_seed: Annotated[int, typer.Option(help="Of the phantoms; those to judge by have the next.")] = POOL_SEED,
) -> None:
    """Labels needed to come near to what the whole pool of phantoms teaches."""
    names, counts, settings = _split(strategies), tuple(map(int, _split(budgets))), _from_heads(epochs)
    pool, test = _phantoms(to, "pool", POOL, pool_seed), _phantoms(to, "test", TEST, pool_seed + 1)
    cells = _run(pool, test, _split(part) or names, counts, seeds, init, settings, to / "campaign")
    if not part:
        whole = _run(pool, test, ("first",), (POOL,), seeds, init, settings, to / "whole")
        reached = float(np.mean([small_dice(cell.images) for cell in whole]))
        needed = {name: labels_needed([cell for cell in cells if cell.strategy == name], SHARE * reached) for name in names}
        of_phantoms = {"pool": POOL, "test": TEST, "pool_seed": pool_seed}
        told = {**of_phantoms, "whole_pool": reached, "share": SHARE, "needed": needed, **summarise(cells)}
        _write(to / "campaigns_phantoms.json", told, init, settings, seeds)
        table = Table("strategy", f"labels until CSP and LV have {SHARE:.0%} of {reached:.3f}", "by seed")
        for name, (mean, by_seed) in needed.items():
            table.add_row(name, _counted([mean], counts[-1]), _counted(by_seed, counts[-1]))
        CONSOLE.print(table, _bands(told["curves"]))


@app.command()
def cold_start(init: Init, to: To, seeds: Seeds = 5, part: Part = "") -> None:
    """The first ten labels, typical ones against any."""
    settings = _from_heads(EPOCHS)
    pool, test = _phantoms(to, "pool", POOL, POOL_SEED), _phantoms(to, "test", TEST, POOL_SEED + 1)
    names = _split(part) or ("typiclust", "random")
    cells = _run(pool, test, names, BUDGETS[:1], seeds, init, settings, to / "cold_start")
    if not part:
        told = summarise(cells)
        _write(to / "campaigns_cold_start.json", {"pool": POOL, "test": TEST, **told}, init, settings, seeds)
        CONSOLE.print(_bands(told["curves"]), told["tests"])


def _from_heads(epochs: int) -> Settings:
    return load_settings(COMMON | FROM_HEADS | {"max_epochs": str(epochs)})


def _run(
    pool: Sequence[Pair],
    test: Sequence[Pair],
    names: Iterable[str],
    budgets: tuple[int, ...],
    seeds: int,
    init: Path,
    settings: Settings,
    to: Path,
) -> list[Cell]:
    version = Version(init.name, init)
    check_ancestry(version, Registry(init.parent), [*pool, *test])
    plan = Plan(tuple(pool), tuple(test), tuple(names), budgets, seeds, Start(version.name, init), settings)
    return list(track(run_campaign(plan, to), description=to.name, total=plan.size))


def _write(file: Path, told: dict[str, Any], init: Path, settings: Settings, seeds: int) -> None:
    """What was found, and what it was made by."""
    made_by = {
        "version": __version__,
        "seeds": seeds,
        "init": sha256(init.read_bytes()).hexdigest()[:12],
        "settings": settings.model_dump(mode="json", include={"model", "learning", "selection"}),
    }
    write_text(file, json.dumps({"made_by": made_by, **told}, indent=2))


def _counted(labels: Sequence[float | None], most: int) -> str:
    return ", ".join(f"{count:.0f}" if count else f"> {most}" for count in labels)


def _phantoms(to: Path, name: str, count: int, seed: int) -> list[Pair]:
    study = to / f"{name}_{seed}"
    if not study.exists():
        # a process that shares the campaign must not see half of them, nor make them twice
        to.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=to) as folder:
            write_phantoms(Path(folder) / study.name, count, seed)
            with suppress(OSError):
                (Path(folder) / study.name).rename(study)
    return find_pairs(study, study / "labels" / "final")


def _joined(cells: Sequence[Cell]) -> list[Cell]:
    """The folds of a strategy, a seed and a budget as one cell, whose test images are those of all folds."""

    def key(cell: Cell) -> tuple[str, int, int]:
        return cell.strategy, cell.seed, cell.budget

    groups = [list(group) for _, group in groupby(sorted(cells, key=key), key)]
    return [Cell(*key(g[0]), (), tuple(i for cell in g for i in cell.images), sum(c.seconds for c in g)) for g in groups]


def _over_patients(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """By strategy and budget: Dice by structure, their mean and APL with intervals, and how much more Dice than by random."""
    points = []
    for name in dict.fromkeys(cell.strategy for cell in cells):
        for budget in sorted({cell.budget for cell in cells}):
            found = _by_image([cell for cell in cells if (cell.strategy, cell.budget) == (name, budget)])
            chance = _by_image([cell for cell in cells if (cell.strategy, cell.budget) == ("random", budget)])
            figures = {
                what: _estimate({image: v[what] for image, v in found.items() if what in v}) for what in (*NAMES, MEAN, APL)
            }
            figures["above random"] = _estimate({image: v[MEAN] - chance[image][MEAN] for image, v in found.items() if MEAN in v})
            points.append({"strategy": name, "labels": budget, **{what: asdict(known) for what, known in figures.items()}})
    return points


def _by_image(cells: Sequence[Cell]) -> dict[tuple[str, str], dict[str, float]]:
    """The figures of each test image, known by its patient and its id, averaged over the seeds."""
    gathered: dict[tuple[str, str], list[dict[str, float]]] = {}
    for cell in cells:
        for image in cell.images:
            mean = {} if image.mean_dice is None else {MEAN: image.mean_dice}
            apl = float(sum(image.apl.values()))
            gathered.setdefault((image.patient_id, image.id), []).append({**image.dice, **mean, APL: apl})
    return {
        image: {what: float(np.mean([seed[what] for seed in seeds])) for what in seeds[0]} for image, seeds in gathered.items()
    }


def _estimate(values: dict[tuple[str, str], float]) -> Estimate:
    return mean_over_patients(list(values.values()), [patient for patient, _ in values])


def _table(points: Sequence[dict[str, Any]]) -> Table:
    columns = [what for what in (*NAMES, MEAN, APL, "above random") if what in points[0]]
    table = Table("strategy", "labels", *columns)
    for point in points:
        cells = (_interval(point[what], 0 if what == APL else 3) for what in columns)
        table.add_row(point["strategy"], str(point["labels"]), *cells)
    return table


def _bands(curves: dict[str, list[dict[str, Any]]]) -> Table:
    return _table([{"strategy": name, **point} for name, points in curves.items() for point in points])


def _interval(of: dict[str, Any], digits: int) -> str:
    if of["mean"] is None:
        return ""
    return f"{of['mean']:.{digits}f}" + (f" ({of['low']:.{digits}f}-{of['high']:.{digits}f})" if of["low"] is not None else "")


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


if __name__ == "__main__":
    app()
