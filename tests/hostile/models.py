"""Hostile model files."""

from __future__ import annotations

import json
import pickle
import struct
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import torch
from safetensors.torch import save

from fetal_head.model.network import Architecture, HeadNetworks
from fetal_head.model.weights import HEADER, Description

SMALL = Architecture((32, 32), (32, 32), "residual_unet", (4, 8), 1)


def small_network(seed: int) -> HeadNetworks:
    """A small network, another one for each seed."""
    torch.manual_seed(seed)
    return SMALL.build().eval()


def tensors() -> dict[str, torch.Tensor]:
    """The weights of a small network."""
    return {name: tensor.clone() for name, tensor in SMALL.build().state_dict().items()}


def model(weights: dict[str, torch.Tensor] | None = None, architecture: Any = None, **changes: Any) -> bytes:
    """A model file of a small network, with another description where one is given."""
    described = {"structures": Description(SMALL).structures, "architecture": architecture or asdict(SMALL), **changes}
    return save(weights or tensors(), metadata={HEADER: json.dumps(described)})


def raw(header: object, data: bytes = bytes(64)) -> bytes:
    """A file in the format of safetensors with any header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


class _Pickled:
    def __reduce__(self) -> tuple[Any, ...]:
        return eval, ("__import__('pathlib').Path('/tmp/fetal-head-pwned').touch()",)


def model_files() -> Iterator[tuple[str, bytes]]:
    """Name and content of files that are no model of ours."""
    good = model()
    yield from ((f"cut at {tenth} tenths", good[: len(good) * tenth // 10]) for tenth in range(10))
    yield from ((f"a header of {length}", struct.pack("<Q", length) + good[8:]) for length in (2**60, 2**63, 2**64 - 1, 0, 1))
    for name, first, second in (
        ("overlap", [0, 32], [16, 48]),
        ("out of the file", [0, 32], [32, 2**40]),
        ("backwards", [32, 0], [0, 32]),
    ):
        entries = {"a": {"dtype": "F32", "shape": [8], "data_offsets": first}}
        yield f"offsets that {name}", raw({**entries, "b": {"dtype": "F32", "shape": [8], "data_offsets": second}})
    yield "a shape without end", raw({"a": {"dtype": "F32", "shape": [2**62, 2**62], "data_offsets": [0, 64]}})
    yield "a type that is none", raw({"a": {"dtype": "OBJECT", "shape": [8], "data_offsets": [0, 64]}})
    yield "a deep header", raw(b'{"a":' * 100_000 + b"1" + b"}" * 100_000)
    yield "a pickle", pickle.dumps(_Pickled())
    yield "a zip with a pickle", b"PK\3\4" + pickle.dumps(_Pickled())
    yield "no description", save(tensors())
    yield "a description that is none", save(tensors(), metadata={HEADER: "[]"})
    yield "a deep description", save(tensors(), metadata={HEADER: "[" * 100_000})
    yield from _strange_descriptions()
    weights = tensors()
    first = next(name for name in weights if weights[name].is_floating_point())
    for value in (torch.nan, torch.inf):
        yield f"weights of {value}", model({**weights, first: torch.full_like(weights[first], value)})
    yield "a tensor too many", model({**weights, "more": torch.zeros(3)})
    yield "a tensor too few", model({name: tensor for name, tensor in weights.items() if name != first})
    yield "a tensor of another shape", model({**weights, first: torch.zeros(3)})


def _strange_descriptions() -> Iterator[tuple[str, bytes]]:
    plain = asdict(SMALL)
    for name, changes in (
        ("channels without end", {"channels": [10**9, 10**9]}),
        ("channels below 0", {"channels": [-4, 8]}),
        ("no channels", {"channels": []}),
        ("a thousand levels", {"channels": [4] * 1000}),
        ("an image of terapixels", {"frame_size": [10**6, 10**6]}),
        ("a network that is none", {"network": "../../x"}),
        ("a network of another library", {"network": "smp:os:system"}),
        ("units without end", {"residual_units": 10**9}),
        ("wide channels", {"channels": [4096] * 16}),
    ):
        yield name, model(architecture={**plain, **changes})
    for name, said in (("structures that are none", {"structures": [1, 2]}), ("a parent that is none", {"parent": {"a": 1}})):
        yield name, model(**said)
    yield "a key too many", model(evil="x")
