"""The state of a training on disk, so that one that was killed goes on from its last whole epoch."""

from __future__ import annotations

import io
import logging
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import torch

from fetal_head.files import replacing

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Checkpoint:
    """Everything that the next epoch depends on; what it draws depends on its number alone.

    Attributes:
        run: which training it belongs to.
        networks: their weights.
        courses: optimiser and schedule of each network.
        epochs: the progress so far.
    """

    run: str
    networks: dict[str, Any]
    courses: dict[str, Any]
    epochs: list[dict[str, Any]]


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Replaces the checkpoint, whole or not at all. Raises OSError when there is no room for it."""
    content = io.BytesIO()
    torch.save(asdict(checkpoint), content)
    with replacing(path) as temporary:
        # not torch's own writing, which tells of a full disk as of an unexpected position, and no view of the content, which
        # makes Python 3.12.1 crash where an error keeps it alive
        temporary.write_bytes(content.getvalue())


def load_checkpoint(path: Path, run: str, networks: Collection[str]) -> Checkpoint | None:
    """The checkpoint of training `run` of these networks; None when there is none, it is of others, or it cannot be read."""
    try:
        with ZipFile(path) as whole:
            # torch itself looks at no checksum
            if damaged := whole.testzip():
                raise ValueError(f"{damaged} is not what was written")
        checkpoint = Checkpoint(**torch.load(path, map_location="cpu", weights_only=True))
    except FileNotFoundError:
        return None
    except Exception as error:  # a damaged file makes the unpickler fail in any way; then only the time so far is lost
        logger.warning("the checkpoint %s cannot be read, the training starts anew: %s", path.name, error)
        return None
    return checkpoint if checkpoint.run == run and checkpoint.courses.keys() == set(networks) else None
