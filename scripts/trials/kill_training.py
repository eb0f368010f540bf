"""SIGKILL of trainings and of `models publish` at random moments."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.progress import track

from fetal_head.datasets.phantoms import write_phantoms
from fetal_head.files import WRITING
from fetal_head.learning.retraining import CHECKPOINT
from fetal_head.model.registry import Registry
from fetal_head.model.weights import load_weights
from fetal_head.stamp import stamp_of
from trials.forking import fetal_head, fork, has_ended
from trials.report import Report

PHANTOMS, EPOCHS = 6, 3
SMALL = {
    "locator_rows": "32",
    "locator_columns": "64",
    "frame_rows": "32",
    "frame_columns": "48",
    "network": "unet",
    "channels": "[8, 16, 32]",
    "batches_per_epoch": "3",
    "batch_size": "4",
    "tracking_url": "none",
}
# a killed process leaves the file that it was writing, which the next training clears away
STRAYS = 2
PUBLISHING = "publishing by hand"
_EPOCH = re.compile(r"^epoch (\d+)/", re.MULTILINE)


@dataclass
class Ran:
    """One training process: the first and the last epoch that it told of, 0 for none, and whether it was killed."""

    first: int
    last: int
    hit: bool
    log: str

    @property
    def ended_well(self) -> bool:
        """Whether it came to its end with a version."""
        return not self.hit and "version v" in self.log


def run(folder: Path, kills: int, seed: int) -> Report:
    """Kills trainings until `kills` were hit, looks at the models after each, and lets the last one end."""
    draw = random.Random(seed)
    write_phantoms(folder / "studies", PHANTOMS, seed=0)
    registry = Registry.of_app(folder / "app")
    report = Report("SIGKILL of trainings")
    hit, ended, gone_on, done = 0, 0, 0, 0
    to_first_epoch = 10.0
    moments = dict.fromkeys(("starting", "in an epoch", "keeping a version", PUBLISHING), 0)
    bar = iter(track(range(kills), description="kills"))
    next(bar, None)
    while hit < kills:
        moment = draw.choices(list(moments), weights=[1, 4, 3, 2])[0]
        if moment == PUBLISHING:
            was_hit, wrong = _publish(folder, registry, draw)
            hit += was_hit
            moments[moment] += was_hit
            report.wrong += [*wrong, *_look(registry)]
            if was_hit:
                next(bar, None)
            continue
        before, began = len(registry.versions()), time.monotonic()
        ran = _train(folder, registry, moment, draw, to_first_epoch)
        if ran.first:
            to_first_epoch = min(to_first_epoch, time.monotonic() - began)
        if ran.first and done and before == len(registry.versions()):
            gone_on += ran.first > done
            report.wrong += [] if ran.first > done else [f"a training began with epoch {ran.first}, though {done} were done"]
        if ran.hit:
            hit += 1
            moments[moment] += 1
            next(bar, None)
            done = max(done, ran.last) if (registry.folder / CHECKPOINT).exists() else 0
        elif ran.ended_well:
            ended, done = ended + 1, 0
        else:
            report.wrong.append(f"a training failed: {ran.log[-500:]}")
            break
        report.wrong += [f"after kill {hit}: {sentence}" for sentence in _look(registry)]
    last = _train(folder, registry, None, draw, 0)
    report.wrong += [] if last.ended_well else [f"the last training failed: {last.log[-500:]}"]
    report.wrong += [f"{path.name} was left behind" for path in registry.folder.glob(f"{WRITING}*")]
    report.figures = {
        "kills": moments,
        "trainings that went on from an epoch that a killed one had done": gone_on,
        "trainings that ended before they were hit": ended,
        "versions": len(registry.versions()) - 1,
        "served in the end": registry.current().name,
    }
    return report


def _train(folder: Path, registry: Registry, moment: str | None, draw: random.Random, to_first_epoch: float) -> Ran:
    """Trains, and kills the training at the `moment`; None lets it end."""
    arguments = ["train", "--studies", str(folder / "studies"), "--app", str(folder / "app")]
    arguments += ["--init", "scratch", "--epochs", str(EPOCHS)]
    for key, value in SMALL.items():
        arguments += ["--conf", key, value]
    there = {path.name for path in registry.folder.glob("v*")}
    log = folder / "training.log"
    log.write_text("")
    process = fork(fetal_head, arguments, log)
    if moment == "starting":
        time.sleep(draw.uniform(0, to_first_epoch))
    elif moment == "in an epoch":
        wanted = draw.randint(1, EPOCHS - 1)
        _wait(process, lambda: max(_epochs(log), default=0) >= wanted)
        time.sleep(draw.uniform(0, 0.2))
    elif moment == "keeping a version":
        _wait(process, lambda: any(path.name not in there for path in _models(registry.folder)))
        time.sleep(draw.uniform(0, 0.05))
    else:
        _wait(process, lambda: False)
    hit = _kill(process)
    told = _epochs(log)
    return Ran(told[0] if told else 0, told[-1] if told else 0, hit, log.read_text())


def _publish(folder: Path, registry: Registry, draw: random.Random) -> tuple[bool, list[str]]:
    """Kills `models publish` when it writes what is served; whether it was hit, and what must not be."""
    old, new = registry.current(), draw.choice(registry.versions())
    there = _pointers(registry.folder)
    process = fork(fetal_head, ["models", "publish", new.name, "--app", str(folder / "app")], folder / "publish.log")
    _wait(process, lambda: _pointers(registry.folder) != there)
    time.sleep(draw.uniform(0, 0.003))
    hit = _kill(process)
    served = registry.current()
    return hit, [] if served in (old, new) else [f"{served.name} is served, neither {old.name} nor {new.name}"]


def _pointers(folder: Path) -> set[tuple[str, int]]:
    """What tells which version is served, and what is about to."""
    paths = [folder / "current", *folder.glob(f"{WRITING}*")]
    return {(path.name, stamp.mtime_ns) for path in paths if (stamp := stamp_of(path))}


def _epochs(log: Path) -> list[int]:
    return [int(number) for number in _EPOCH.findall(log.read_text())]


def _models(folder: Path) -> list[Path]:
    """The files of versions, begun ones included."""
    return [*folder.glob("v*"), *folder.glob(f"{WRITING}*.safetensors")]


def _kill(process: psutil.Process) -> bool:
    """Kills a process, unless it has ended; whether it was hit."""
    if has_ended(process):
        return False
    process.kill()
    _wait(process, lambda: False)
    return True


def _wait(process: psutil.Process, until: Callable[[], bool]) -> None:
    while not until() and not has_ended(process):
        time.sleep(0.002)


def _look(registry: Registry) -> Iterator[str]:
    """A sentence for each model that is not whole, and for strays that nobody cleared away."""
    for version in {*registry.versions(), registry.current()}:
        try:
            load_weights(version.path)
        except ValueError as error:
            yield str(error)
    pointer = registry.folder / "current"
    served = pointer.read_text().split()[-1:] if pointer.exists() else []
    if served and served != [registry.current().name]:
        yield f"{served[0]} was published, and {registry.current().name} is served"
    strays = [path.name for path in registry.folder.glob(f"{WRITING}*")]
    if len(strays) > STRAYS:
        yield f"{len(strays)} files were left behind"
