"""What the strategies are worth: annotation campaigns on real images and on phantoms. Hours; broken off, they go on.

    python scripts/bench/campaigns.py real --images DIR/images --masks DIR/masks --init heads.safetensors --to runs/real

The images are divided by patient into folds; each fold in its turn is the test set, the others are the pool. `--init` are weights
of phantoms and HC18 (scripts/train_shipped.py makes them before the last stage). Intervals are over patients, all of whom are
tested once a seed.

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
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import typer
from campaign_figures import bands, joined, over_patients, table_of
from rich.console import Console
from rich.progress import track
from rich.table import Table

from fetal_head import __version__
from fetal_head.cli.options import listed
from fetal_head.config import Settings, load_settings
from fetal_head.datasets.phantoms import write_phantoms
from fetal_head.evaluation.pairs import Pair, find_pairs
from fetal_head.files import write_text
from fetal_head.model.registry import Registry, Version
from fetal_head.simulation.ancestry import check_ancestry
from fetal_head.simulation.campaign import Plan, run_campaign
from fetal_head.simulation.cell import Cell
from fetal_head.simulation.needed import labels_needed, small_dice
from fetal_head.simulation.summary import summarise
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
        cells += _run(pool, test, listed(part) or names, REAL_BUDGETS, seeds, init, AS_SERVED, to / f"fold{fold}")
    if not part:
        points = over_patients(joined(cells))
        _write(to / "campaigns_real.json", {"images": len(pairs), "folds": FOLDS, "points": points}, init, AS_SERVED, seeds)
        CONSOLE.print(table_of(points))


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
    names, counts, settings = listed(strategies), tuple(map(int, listed(budgets))), _from_heads(epochs)
    pool, test = _phantoms(to, "pool", POOL, pool_seed), _phantoms(to, "test", TEST, pool_seed + 1)
    cells = _run(pool, test, listed(part) or names, counts, seeds, init, settings, to / "campaign")
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
        CONSOLE.print(table, bands(told["curves"]))


@app.command()
def cold_start(init: Init, to: To, seeds: Seeds = 5, part: Part = "") -> None:
    """The first ten labels, typical ones against any."""
    settings = _from_heads(EPOCHS)
    pool, test = _phantoms(to, "pool", POOL, POOL_SEED), _phantoms(to, "test", TEST, POOL_SEED + 1)
    names = listed(part) or ("typiclust", "random")
    cells = _run(pool, test, names, BUDGETS[:1], seeds, init, settings, to / "cold_start")
    if not part:
        told = summarise(cells)
        _write(to / "campaigns_cold_start.json", {"pool": POOL, "test": TEST, **told}, init, settings, seeds)
        CONSOLE.print(bands(told["curves"]), told["tests"])


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


if __name__ == "__main__":
    app()
