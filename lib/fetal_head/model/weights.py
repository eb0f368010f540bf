"""A model file: weights as safetensors with its description in the header. Nothing in it is ever executed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from fetal_head.files import replacing
from fetal_head.labels import NAMES
from fetal_head.model.network import Architecture, HeadNetworks

HEADER = "fetal_head"


@dataclass(frozen=True)
class Description:
    """What a model file says of itself.

    Attributes:
        architecture: how to build the networks that the weights fit.
        structures: the outputs, in their order.
        parent: version that the training started from, None when from nothing.
        created: ISO date and time.
        training: settings, counts of labels and patients.
        metrics: Dice on validation patients, by structure.
    """

    architecture: Architecture
    structures: tuple[str, ...] = NAMES
    parent: str | None = None
    created: str = ""
    training: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)


def save_weights(path: Path, network: torch.nn.Module, description: Description) -> None:
    """Writes a model file, whole or not at all."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    header = {HEADER: json.dumps({**asdict(description), "architecture": description.architecture.to_dict()})}
    with replacing(path) as temporary:
        save_file(tensors, temporary, metadata=header)


def read_description(path: Path) -> Description:
    """The description of a model file. Raises ValueError when it is none of ours."""
    try:
        with safe_open(path, framework="pt") as file:
            values = json.loads((file.metadata() or {})[HEADER])
        values["architecture"] = Architecture.from_dict(values["architecture"])
        values["structures"] = tuple(values["structures"])
        description = Description(**values)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name} is no model file of this app: {error}") from error
    if description.structures != NAMES:
        raise ValueError(f"{path.name} predicts {', '.join(description.structures)}; this app needs {', '.join(NAMES)}")
    return description


def load_weights(path: Path) -> tuple[HeadNetworks, Description]:
    """The networks of a model file, in evaluation mode on the CPU. Raises ValueError when its weights do not fit."""
    description = read_description(path)
    network = description.architecture.build()
    try:
        with safe_open(path, framework="pt") as file:
            network.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ValueError(f"{path.name}: its weights do not fit its own description: {error}") from error
    return network.eval(), description
