"""Versions of the model in a folder, and which of them is served."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from fetal_head.files import write_text
from fetal_head.model.weights import Description, read_description, save_weights

SHIPPED = Path(__file__).parent / "shipped" / "fetal_head.safetensors"
SHIPPED_NAME = "shipped"


@dataclass(frozen=True)
class Version:
    """One model file under the name that requests and reports call it by."""

    name: str
    path: Path

    @property
    def description(self) -> Description:
        """What the model file says of itself."""
        return read_description(self.path)


class Registry:
    """Numbered model files `v0001.safetensors`, ..., never overwritten, and a file `current` that names the served one.

    Until a training has published one, the version that ships with the package is served.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pointer = folder / "current"

    @classmethod
    def of_app(cls, app_dir: Path) -> Registry:
        """The registry of an app's folder."""
        return cls(app_dir / "model" / "fetal_head")

    def versions(self) -> list[Version]:
        """All versions, the shipped one first, then oldest to newest."""
        published = sorted(self.folder.glob("v[0-9]*.safetensors"))
        return [Version(SHIPPED_NAME, SHIPPED), *(Version(path.stem, path) for path in published)]

    def version(self, name: str) -> Version:
        """The version called `name`. Raises ValueError, naming those there are, for another."""
        versions = {version.name: version for version in self.versions()}
        if name not in versions:
            raise ValueError(f"no model version is called '{name}'; there are {', '.join(versions)}")
        return versions[name]

    def current(self) -> Version:
        """The served version."""
        try:
            name = self._pointer.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            name = SHIPPED_NAME
        return self.version(name)

    def publish(self, network: torch.nn.Module, description: Description) -> Version:
        """Adds a version and serves it; whoever asks meanwhile gets the old one or the new one, whole."""
        numbers = [int(path.stem[1:]) for path in self.folder.glob("v[0-9]*.safetensors")]
        name = f"v{max(numbers, default=0) + 1:04d}"
        version = Version(name, self.folder / f"{name}.safetensors")
        save_weights(version.path, network, description)
        write_text(self._pointer, name + "\n")
        return version
