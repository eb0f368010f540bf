"""Versions of the model in a folder, and which of them is served."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from filelock import FileLock

from fetal_head.files import clear_strays, write_text
from fetal_head.model.folder import POINTER, models_folder
from fetal_head.model.weights import Description, load_weights, read_description, save_weights
from fetal_head.stamp import Stamp, stamp_of

SHIPPED = Path(__file__).parent / "shipped" / "fetal_head.safetensors"
SHIPPED_NAME = "shipped"
_NUMBERED = re.compile(r"v(\d{4,})")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Version:
    """One model file under the name that requests and reports call it by."""

    name: str
    path: Path

    @property
    def description(self) -> Description:
        """What the model file says of itself."""
        return read_description(self.path)

    @property
    def file(self) -> tuple[Version, Stamp | None]:
        """By what it is known again: who throws the models away and begins anew has other weights under a name of before."""
        return self, stamp_of(self.path)


class ServedMeanwhileError(ValueError):
    """Another version is served than the one that a new version was to take the place of."""


class Registry:
    """Numbered model files `v0001.safetensors`, ..., never overwritten, and a file `current` that tells which one is served.

    `current` has a version's name in each line, in the order in which they were served; the last one is served now. It is
    replaced as a whole, so a reader in any process sees the order before a change or after it. Until a version is published,
    the one that ships with the package is served.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pointer = folder / POINTER
        self._told_missing = ""

    @classmethod
    def of_app(cls, app_dir: Path) -> Registry:
        """The registry of an app's folder. Raises ValueError where something else lies in the place of its models."""
        return cls(models_folder(app_dir))

    def versions(self) -> list[Version]:
        """All versions, the shipped one first, then oldest to newest."""
        numbered = [path for path in self.folder.glob("v*.safetensors") if _NUMBERED.fullmatch(path.stem)]
        return [Version(SHIPPED_NAME, SHIPPED), *(Version(p.stem, p) for p in sorted(numbered, key=lambda p: _number(p.stem)))]

    def version(self, name: str) -> Version:
        """The version called `name`. Raises ValueError, naming those there are, for another."""
        versions = {version.name: version for version in self.versions()}
        if name not in versions:
            raise ValueError(f"no model version is called '{name}'; there are {', '.join(versions)}")
        return versions[name]

    def current(self) -> Version:
        """The served version; where its file is gone or damaged, the one before it (at last the shipped one), with a warning."""
        return self.served()[-1]

    def served(self) -> list[Version]:
        """What was served and is still whole, first to last: the last one is served now, `rollback` goes to the one before."""
        names = [SHIPPED_NAME, *self._names()]
        published = [version for version in self.versions() if version.name in names]
        there = {v.name: v for v in published if v.path == SHIPPED or _holds(read_description, v.path)}
        found = [there[name] for name in names if name in there]
        order = [version for i, version in enumerate(found) if i == 0 or version != found[i - 1]]
        # whether the bytes are those that were written takes reading them all, of the one that is served
        while len(order) > 1 and not _holds(load_weights, order[-1].path):
            order.pop()
        if names[-1] not in (order[-1].name, self._told_missing):
            self._told_missing = names[-1]
            message = "the published model '%s' is missing or damaged in %s: %s is served instead"
            logger.warning(message, names[-1], self.folder, order[-1].name)
        return order

    def add(self, network: torch.nn.Module, description: Description) -> Version:
        """Keeps a network as the next version, without serving it. Processes that add at the same time get different numbers."""
        with self._alone():
            # a number that `current` still knows is not given again, even if its file was deleted
            taken = [*(version.name for version in self.versions()), *self._names()]
            name = f"v{max(map(_number, taken), default=0) + 1:04d}"
            version = Version(name, self.folder / f"{name}.safetensors")
            save_weights(version.path, network, description)
        return version

    def publish(self, name: str, expected: str | None = None) -> Version:
        """Serves a version from now on; whoever asks meanwhile gets the old one or the new one, whole.

        Args:
            expected: the version that it takes the place of, which it was compared with; None for whichever is served.

        Raises:
            ServedMeanwhileError: another than the expected one is served; that does not change.
            ValueError: there is no such version, or its file does not load; what is served does not change.
        """
        version = self.version(name)
        load_weights(version.path)
        with self._alone():
            order = self.served()
            if expected not in (None, order[-1].name):
                raise ServedMeanwhileError(f"'{order[-1].name}' is served now, not '{expected}'")
            self._serve([*order, version])
        return version

    def rollback(self) -> Version:
        """Serves again what was served before the present version; once more goes one further back.

        Raises:
            ValueError: nothing was served before, or it does not load; what is served does not change.
        """
        with self._alone():
            *before, present = self.served()
            if not before:
                raise ValueError(f"nothing was served before '{present.name}': there is no version to go back to")
            load_weights(before[-1].path)
            self._serve(before)
        return before[-1]

    def _names(self) -> list[str]:
        try:
            return self._pointer.read_text(encoding="utf-8", errors="replace").split()
        except FileNotFoundError:
            return []

    def _serve(self, order: Sequence[Version]) -> None:
        write_text(self._pointer, "".join(f"{version.name}\n" for version in order))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / "registry.lock"):
            clear_strays(self.folder)
            yield


def _holds(read: Callable[[Path], object], path: Path) -> bool:
    """Whether there is a file that reads without an error."""
    stamp = stamp_of(path)
    try:
        return stamp is not None and _reads(read, path, stamp)
    except ValueError:
        return False


@lru_cache(maxsize=1024)
def _reads(read: Callable[[Path], object], path: Path, stamp: Stamp) -> bool:
    """Whether it does, remembered by its `stamp`. Raises ValueError, to be asked again, where the system could not read it."""
    try:
        read(path)
    except ValueError as error:
        # a lack of files or memory, which torch calls a RuntimeError, tells nothing of the file
        if isinstance(error.__cause__, OSError | RuntimeError):
            raise
        return False
    return True


def _number(name: str) -> int:
    match = _NUMBERED.fullmatch(name)
    return int(match[1]) if match else 0
