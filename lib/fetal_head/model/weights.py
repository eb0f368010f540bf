"""A model file: weights as safetensors with its description in the header. Nothing in it is ever executed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import torch
from pydantic import ConfigDict, TypeAdapter
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from fetal_head.config import ModelSettings
from fetal_head.files import replacing
from fetal_head.labels import NAMES
from fetal_head.model.network import Architecture, HeadNetworks

HEADER = "fetal_head"
# of all that is beside it in the file; older ones have none
DIGEST = "sha256"


@dataclass(frozen=True)
class Description:
    """What a model file says of itself.

    Attributes:
        architecture: how to build the networks that the weights fit.
        structures: the outputs, in their order.
        parent: version that the training started from; None when from nothing, or from weights whose patients `training` names.
        created: ISO date and time.
        training: settings, and the labels and patients that it learned from and that were held back.
        metrics: Dice on those held back, by structure, and the verdict, which says what the images are that it rests on.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    architecture: Architecture
    structures: tuple[str, ...] = NAMES
    parent: str | None = None
    created: str = ""
    training: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)


_DESCRIPTION = TypeAdapter(Description)


def save_weights(path: Path, network: torch.nn.Module, description: Description) -> None:
    """Writes a model file, whole or not at all."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    header = json.dumps(asdict(description))
    with replacing(path) as temporary:
        # not safetensors' own writing, which tells of a full disk as of nothing that anybody knows
        temporary.write_bytes(save(tensors, {HEADER: header, DIGEST: _digest(header, tensors)}))


def read_description(path: Path) -> Description:
    """The description of a model file. Raises ValueError when it is none of ours."""
    try:
        with safe_open(path, framework="pt") as file:
            description = _DESCRIPTION.validate_python(json.loads((file.metadata() or {})[HEADER]))
    except (OSError, SafetensorError, KeyError, ValueError, RuntimeError) as error:
        raise ValueError(f"{path.name} is no model file of this app: {' '.join(str(error).split())}") from error
    if description.structures != NAMES:
        raise ValueError(f"{path.name} predicts {', '.join(description.structures)}; this app needs {', '.join(NAMES)}")
    return description


def load_weights(path: Path) -> tuple[HeadNetworks, Description]:
    """The networks of a model file, in evaluation mode on the CPU. Raises ValueError when its weights do not fit."""
    description = read_description(path)
    try:
        with safe_open(path, framework="pt") as file:
            _check_shapes({name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}, description.architecture)  # noqa: SIM118
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            told = file.metadata()
        network = description.architecture.build()
        network.load_state_dict(tensors)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ValueError(f"{path.name}: its weights do not fit its own description: {error}") from error
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error
    if told.keys() != {HEADER} and told.get(DIGEST) != _digest(told[HEADER], tensors):
        raise ValueError(f"{path.name} is damaged: it does not hold the weights that were written")
    if not all(bool(torch.isfinite(tensor).all()) for tensor in network.state_dict().values()):
        raise ValueError(f"{path.name}: some of its weights are no numbers: the training that made it failed")
    return network.eval(), description


def starting_networks(path: Path | None, settings: ModelSettings, seed: int) -> tuple[HeadNetworks, Architecture]:
    """What a training starts from, in evaluation mode: the networks of a file, in their own architecture, or random ones.

    Args:
        path: the model file; None draws the weights by `seed`, in the architecture that the settings ask for.

    Raises:
        ValueError: as `load_weights`, or there is no such network, or none for images of these sizes.
    """
    torch.manual_seed(seed)
    if path is not None:
        networks, description = load_weights(path)
        return networks, description.architecture
    architecture = Architecture.of(settings)
    architecture.check_sizes()
    return architecture.build().eval(), architecture


def _digest(header: str, tensors: Mapping[str, torch.Tensor]) -> str:
    digest = sha256(header.encode())
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _check_shapes(found: dict[str, tuple[int, ...]], architecture: Architecture) -> None:
    """Raises ValueError for weights of another network, before there is one that takes memory."""
    with torch.device("meta"):
        wanted = {name: tuple(tensor.shape) for name, tensor in architecture.build().state_dict().items()}
    if wrong := sorted(name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name)):
        what = f"{len(wrong)} tensors are missing, too many or of another shape, such as {wrong[0]}"
        raise ValueError(f"its weights do not fit its own description: {what}")
