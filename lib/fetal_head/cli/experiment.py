"""`fetal-head experiment ...`: one setting changed, the rest kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from fetal_head.cli.options import APP_DIR, App, Conf, app, console, listed, overrides, print_table
from fetal_head.cli.store import opened
from fetal_head.config import load_settings
from fetal_head.labels import NAMES

if TYPE_CHECKING:
    from fetal_head.evaluation.experiment import Trial
    from fetal_head.learning.trainer import Epoch

experiments = typer.Typer(help="What a setting is worth, by training with each of its values.", no_args_is_help=True)
app.add_typer(experiments, name="experiment")

Studies = Annotated[Path, typer.Option(help="Study folder with submitted labels.")]
To = Annotated[
    Path, typer.Option(file_okay=False, help="Folder for trials.json and dice.png; an experiment that was broken off goes on.")
]
Values = Annotated[str, typer.Option(help="The values to compare.")]
Seeds = Annotated[int, typer.Option(min=1, help="Trainings of each value.")]
Init = Annotated[str | None, typer.Option(help="Version to start from; by default random weights.")]


@experiments.command(epilog="Example: fetal-head experiment augmentation --studies studies/tv --to runs/augmentation")
def augmentation(
    studies: Studies,
    to: To,
    values: Values = "none,flip,spatial,grey,full",
    seeds: Seeds = 3,
    init: Init = None,
    app_dir: App = APP_DIR,
    conf: Conf = None,
) -> None:
    """Compare sets of augmentation."""
    _experiment("augmentation", studies, to, values, seeds, init, app_dir, conf)


@experiments.command(epilog="Example: fetal-head experiment network --studies studies/demo --to runs/network")
def network(
    studies: Studies,
    to: To,
    values: Values = "unet,residual_unet,attention_unet",
    seeds: Seeds = 1,
    conf: Conf = None,
) -> None:
    """Compare networks, from random weights: Dice, parameters, latency."""
    _experiment("network", studies, to, values, seeds, None, APP_DIR, conf)


def _experiment(
    setting: str, studies: Path, to: Path, values: str, seeds: int, init: str | None, app_dir: Path, conf: list[str] | None
) -> None:
    from fetal_head.evaluation.experiment import run_experiment
    from fetal_head.evaluation.experiment_plot import dice_by_value
    from fetal_head.evaluation.known import warning
    from fetal_head.model.ancestry import NOTHING, learned_by_line
    from fetal_head.model.registry import Registry
    from fetal_head.store.labels.labelled import labelled_images

    wanted = listed(values)
    if not wanted:
        raise ValueError(f"--values names no {setting}; give some, as --help shows")
    given = overrides(conf)
    settings = load_settings(given)
    labels = labelled_images(opened(studies, conf))
    registry = Registry.of_app(app_dir)
    start = registry.version(init) if init else None
    learned = learned_by_line(start, registry) if start else NOTHING
    if not learned.whole:
        console.print(warning(None, len(labels)))
    trials = run_experiment(
        setting,
        wanted,
        range(settings.learning.seed, settings.learning.seed + seeds),
        labels,
        lambda changed: load_settings({**given, **changed}),
        to,
        start=start.path if start else None,
        known=learned.patients,
        on_epoch=_say_epoch,
        on_trial=_say_trial,
    )
    picture = dice_by_value(trials, setting)
    if picture:
        picture.save(to)
    print_table(_table(setting, wanted, trials))
    console.print(f"trials.json{' and dice.png are' if picture else ' is'} in {to}")


def _table(setting: str, wanted: list[str], trials: list[Trial]) -> Table:
    from fetal_head.evaluation.experiment import means

    table = Table(setting, *NAMES, "parameters", "segmenter, ms")
    for value in wanted:
        first = next(trial for trial in trials if trial.value == value)
        dice = [_with_spread(*score) if score else "" for score in means(trials, value).values()]
        table.add_row(value, *dice, f"{first.parameters / 1e6:.2f} M", f"{first.milliseconds:.1f}")
    return table


def _say_epoch(value: str, seed: int, epoch: Epoch) -> None:
    console.print(f"{value}, seed {seed}: epoch {epoch.number}/{epoch.of}; {epoch.seconds_left:.0f} s left")


def _say_trial(trial: Trial) -> None:
    console.print(f"{trial.value}, seed {trial.seed}: trained in {trial.seconds:.0f} s")


def _with_spread(mean: float, spread: float | None) -> str:
    return f"{mean:.3f}" if spread is None else f"{mean:.3f} ± {spread:.3f}"
