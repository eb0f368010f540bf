"""Where an app keeps its models."""

from __future__ import annotations

from pathlib import Path

POINTER = "current"


def models_folder(app_dir: Path) -> Path:
    """The folder of an app's models, which need not be there yet. Raises ValueError where something else has its name."""
    folder = app_dir / "model" / "fetal_head"
    for path in (folder.parent, folder):
        if path.exists() and not path.is_dir():
            raise ValueError(f"{path} is a file, where the app has the folder of its models: move it away")
    if (pointer := folder / POINTER).is_dir():
        what = "where the app keeps a file that tells which models were served"
        do = "move it away; then `fetal-head models publish` serves again what was served"
        raise ValueError(f"{pointer} is a folder, {what}: {do}")
    return folder
