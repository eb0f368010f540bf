"""A trained network as it is asked: by torch on a GPU, by ONNX Runtime on the CPU."""

from __future__ import annotations

import io
import logging
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import onnxruntime
import torch
from torch.onnx.errors import OnnxExporterError

Engine = Callable[[torch.Tensor], torch.Tensor]
Ask = Callable[..., tuple[torch.Tensor, ...]]

# torch's exporter fails when two threads use it at once, as a prediction and the scoring do when a version is published
_exporting = threading.Lock()


def engine(network: torch.nn.Module, size: tuple[int, int]) -> Engine:
    """A network that several threads may ask at once: (N, 1, *size) float32 -> (N, S, *size) logits, both on the CPU.

    On the CPU, ONNX Runtime takes about a third of torch's time for the same logits (docs/experiments.md).
    """
    ask = asked(network, {"images": torch.zeros(1, 1, *size)}, ["logits"])
    return lambda images: ask(images)[0]


def asked(network: torch.nn.Module, inputs: Mapping[str, torch.Tensor], outputs: Sequence[str]) -> Ask:
    """The same for a network of several inputs and outputs, all on the CPU.

    `inputs` are examples by name. The leading side of the first one, and that of each output, may be any length.
    """
    network = network.eval()
    return _by_torch(network.cuda()) if torch.cuda.is_available() else _by_onnx_runtime(network, inputs, outputs)


def _by_torch(network: torch.nn.Module) -> Ask:
    def ask(*inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        with torch.inference_mode():
            found = network(*(tensor.cuda() for tensor in inputs))
        return tuple(tensor.float().cpu() for tensor in (found if isinstance(found, tuple) else (found,)))

    return ask


def _by_onnx_runtime(network: torch.nn.Module, inputs: Mapping[str, torch.Tensor], outputs: Sequence[str]) -> Ask:
    options = onnxruntime.SessionOptions()
    # an arena keeps for ever what the largest pass took, and as much again for each that ran beside it
    options.enable_cpu_mem_arena = False
    # workers that wait for their next part of a pass do so best wide awake; after it they would take the core from other work
    options.add_session_config_entry("session.force_spinning_stop", "1")
    graph = as_onnx(network, inputs, outputs)
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def ask(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        given = {name: tensor.numpy() for name, tensor in zip(inputs, tensors, strict=True)}
        return tuple(torch.from_numpy(np.asarray(found)) for found in session.run(None, given))

    return ask


def as_onnx(network: torch.nn.Module, inputs: Mapping[str, torch.Tensor], outputs: Sequence[str]) -> bytes:
    """A network in evaluation mode as ONNX Runtime takes it. Raises ValueError for one that ONNX cannot express."""
    file = io.BytesIO()
    told = logging.getLogger("torch.onnx")
    with _exporting, warnings.catch_warnings():
        level = told.level
        warnings.simplefilter("ignore")
        told.setLevel(logging.ERROR)
        try:
            # the newer exporter takes ten times as long, and an annotator waits for it after each training
            torch.onnx.export(
                network,
                tuple(inputs.values()),
                file,  # type: ignore[arg-type]
                dynamo=False,
                input_names=list(inputs),
                output_names=list(outputs),
                dynamic_axes={name: {0: "count"} for name in (next(iter(inputs)), *outputs)},
            )
        except OnnxExporterError as error:
            # below the first line it quotes the whole graph
            raise ValueError(f"ONNX, by which it is asked on a CPU, cannot express it: {str(error).splitlines()[0]}") from error
        finally:
            told.setLevel(level)
    return file.getvalue()
