"""`fetal-head train`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fetal_head.cli.options import APP_DIR, App, AsJson, Conf, app, check_app, console, dice_line, overrides
from fetal_head.cli.store import opened
from fetal_head.config import load_settings

if TYPE_CHECKING:
    from fetal_head.learning.trainer import Epoch


@app.command(epilog="Example: fetal-head train --studies studies/demo --epochs 10")
def train(
    studies: Annotated[Path, typer.Option(help="Study folder with submitted labels.")],
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes of training.")] = None,
    init: Annotated[str | None, typer.Option(help="Version to start from, or 'scratch'; by default the served one.")] = None,
    app_dir: App = APP_DIR,
    as_json: AsJson = False,
    conf: Conf = None,
) -> None:
    """Do what the Train button does, without a server; under torchrun, with all its processes."""
    from fetal_head.learning import ranks
    from fetal_head.learning.retraining import retrain
    from fetal_head.model.registry import Registry
    from fetal_head.store.labels.labelled import labelled_images

    check_app(app_dir)
    given = overrides(conf) | ({"max_epochs": str(epochs)} if epochs else {})
    settings = load_settings(given)
    registry = Registry.of_app(app_dir)
    with ranks.ranks():
        outcome = retrain(
            labelled_images(opened(studies, conf)),
            settings,
            registry,
            start=None if init == "scratch" else registry.version(init) if init else registry.current(),
            on_epoch=_say_epoch,
            say=console.print,
        )
    if outcome is None:
        return
    if as_json:
        told = {"version": outcome.version, "published": outcome.published, "dice": outcome.last.dice}
        print(json.dumps({**told, "verdict": asdict(outcome.verdict)}))
    console.print(f"version {outcome.version} is {'published and served' if outcome.published else 'kept, but not served'}:")
    console.print(outcome.verdict.reason)


def _say_epoch(epoch: Epoch) -> None:
    losses = ", ".join(f"{name} {value:.4f}" for name, value in epoch.loss.items())
    next_comes = f"{epoch.seconds_left:.0f} s left" if epoch.number < epoch.of else "it is compared with the served model"
    # without a patient who is held back there is no Dice
    told = "; ".join(filter(None, (f"loss {losses}", dice_line(epoch.dice), next_comes)))
    console.print(f"epoch {epoch.number}/{epoch.of}: {told}")
