"""The same training over and over with one setting changed: what it is worth in Dice on validation patients."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from hashlib import sha256
from itertools import product
from pathlib import Path

import numpy as np
import torch

from fetal_head.config import CHANGE_NO_RESULT, Settings
from fetal_head.files import alone_in, write_text
from fetal_head.labels import NAMES
from fetal_head.learning.divided import read_divided
from fetal_head.learning.lineage import lineage
from fetal_head.learning.samples import Labelled
from fetal_head.learning.trainer import Epoch, train
from fetal_head.model.engine import engine
from fetal_head.model.segmenter import Segmenter
from fetal_head.model.weights import starting_networks
from fetal_head.patients import known_patients

# images by which a network is timed
TIMED = 20


@dataclass(frozen=True)
class Trial:
    """One training of the grid.

    Attributes:
        value: of the setting that the experiment changes.
        dice: of the last epoch on validation patients by structure, in the head's frame; None where nothing could be judged.
        seconds: that the training took.
        parameters: of both networks.
        milliseconds: that the segmenter needs for one image as it is served.
        origin: hash of what it was trained from: images, labels, starting weights and settings.
    """

    value: str
    seed: int
    dice: dict[str, float | None]
    seconds: float
    parameters: int
    milliseconds: float
    origin: str = ""


def run_experiment(
    setting: str,
    values: Sequence[str],
    seeds: Sequence[int],
    labels: Sequence[Labelled],
    settings_with: Callable[[dict[str, str]], Settings],
    to: Path,
    *,
    start: Path | None = None,
    known: Collection[str] = (),
    on_epoch: Callable[[str, int, Epoch], None] = lambda *_: None,
    on_trial: Callable[[Trial], None] = lambda _: None,
) -> list[Trial]:
    """Trains once for each value and seed; what `to`/trials.json already holds is not trained again.

    Args:
        setting: name of the setting that is changed.
        settings_with: the settings with some of them overridden.
        start: model file to start from, in its own architecture; None starts from random weights.
        known: patients whom that model or one before it has learned from; they are not judged on.
        on_epoch: told of each epoch with the value and the seed of its training.
        on_trial: told of each training that has ended.

    Raises:
        ValueError: a value is not allowed, there is no label or none that can be read, all labelled patients are for
            validation, or none is that the model does not know; `to` holds trials of other images, labels, starting weights
            or settings, or damaged ones, or another experiment runs there.
        OSError: an image or a label is gone.
    """
    if not labels:
        raise ValueError("there is no submitted label yet; correct and submit images of several patients first")
    learned_from = _digest(labels, start, known)
    grid = {}
    for value, seed in product(values, seeds):
        settings = settings_with({setting: value, "seed": str(seed)})
        grid[value, seed] = settings, _origin(learned_from, settings)
    to.mkdir(parents=True, exist_ok=True)
    # each writes all its trials, and would throw away the other's
    busy = f"an experiment runs in {to} already: wait for its end, or take another folder, such as {to}_2"
    with alone_in(to, ValueError(busy)):
        trials = _read(to / "trials.json")
        done = {(trial.value, trial.seed): trial.origin for trial in trials}
        if any(done.get(at, origin) != origin for at, (_, origin) in grid.items()):
            held = "trials of other images, labels, starting weights or settings"
            raise ValueError(f"{to / 'trials.json'} holds {held}: take another folder, such as {to}_2")
        for (value, seed), (settings, origin) in grid.items():
            if (value, seed) in done:
                continue
            told = partial(on_epoch, value, seed)
            trials.append(replace(_trial(value, labels, settings, start, known, told), origin=origin))
            write_text(to / "trials.json", json.dumps([asdict(trial) for trial in trials], indent=2))
            on_trial(trials[-1])
    return [trial for trial in trials if (trial.value, trial.seed) in grid]


def means(trials: Sequence[Trial], value: str) -> dict[str, tuple[float, float | None] | None]:
    """Mean and standard deviation over the seeds of a value's Dice, by structure; None where there is nothing to judge by.

    One seed has no standard deviation: None.
    """
    found: dict[str, tuple[float, float | None] | None] = {}
    for name in NAMES:
        dice = [score for trial in trials if trial.value == value and (score := trial.dice[name]) is not None]
        spread = float(np.std(dice, ddof=1)) if len(dice) > 1 else None
        found[name] = (float(np.mean(dice)), spread) if dice else None
    return found


def _digest(labels: Sequence[Labelled], start: Path | None, known: Collection[str]) -> str:
    """Of the bytes of all images, labels and starting weights, and of the patients whom the latter know."""
    files = [label.image for label in sorted(labels, key=lambda label: label.id)] + ([start] if start else [])
    hashes = [sha256(file.read_bytes()).hexdigest() for file in files]
    return sha256(json.dumps([lineage(labels)["digest"], *hashes, *sorted(known)]).encode()).hexdigest()


def _origin(learned_from: str, settings: Settings) -> str:
    how = [settings.learning.model_dump(exclude=CHANGE_NO_RESULT), settings.model.model_dump()]
    return sha256(json.dumps([learned_from, *how]).encode()).hexdigest()


def _read(path: Path) -> list[Trial]:
    if not path.exists():
        return []
    try:
        return [Trial(**trial) for trial in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        what = f"{path} is damaged or was written by another version ({error})"
        raise ValueError(f"{what}: move it away, or take another folder, such as {path.parent}_2") from error


def _trial(
    value: str,
    labels: Sequence[Labelled],
    settings: Settings,
    start: Path | None,
    known: Collection[str],
    on_epoch: Callable[[Epoch], None],
) -> Trial:
    networks, architecture = starting_networks(start, settings.model, settings.learning.seed)
    find = Segmenter(networks, architecture, settings.model).find if start else None
    training, held, _ = read_divided(labels, architecture, find, settings.learning.validation_folds)
    if not held:
        raise ValueError("no labelled patient is for validation: label more patients, there is nothing to compare by")
    seen = known_patients(((sample.id, sample.patient) for sample in held), known)
    validation = [sample for sample in held if sample.patient not in seen]
    if not validation:
        raise ValueError("the model to start from has learned from every patient that is for validation: start from another one")
    started = time.monotonic()
    trained = train(networks, architecture, training, validation, settings.learning, on_epoch)
    seconds = time.monotonic() - started
    parameters = sum(weight.numel() for weight in trained.networks.parameters())
    milliseconds = _milliseconds(trained.networks.segmenter, architecture.frame_size)
    return Trial(value, settings.learning.seed, trained.epochs[-1].dice, seconds, parameters, milliseconds)


def _milliseconds(network: torch.nn.Module, size: tuple[int, int]) -> float:
    ask, image, taken = engine(network, size), torch.rand(1, 1, *size), []
    for _ in range(TIMED):
        started = time.perf_counter()
        ask(image)
        taken.append(1000 * (time.perf_counter() - started))
    return float(np.median(taken))
