"""A trained network as it is asked: by torch on a GPU, by ONNX Runtime on the CPU."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Callable

import numpy as np
import onnxruntime
import torch

Engine = Callable[[torch.Tensor], torch.Tensor]


def engine(network: torch.nn.Module, size: tuple[int, int]) -> Engine:
    """A network that several threads may ask at once: (N, 1, *size) float32 -> (N, S, *size) logits, both on the CPU.

    On the CPU, ONNX Runtime takes about a third of torch's time for the same logits (docs/experiments.md).
    """
    return _by_torch(network.eval().cuda()) if torch.cuda.is_available() else _by_onnx_runtime(network.eval(), size)


def _by_torch(network: torch.nn.Module) -> Engine:
    def ask(images: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            logits: torch.Tensor = network(images.cuda()).float().cpu()
        return logits

    return ask


def _by_onnx_runtime(network: torch.nn.Module, size: tuple[int, int]) -> Engine:
    options = onnxruntime.SessionOptions()
    # a worker that spins while it waits takes the core from what comes between two predictions
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(_as_onnx(network, size), options, providers=["CPUExecutionProvider"])

    def ask(images: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(np.asarray(session.run(None, {"images": images.numpy()})[0]))

    return ask


def _as_onnx(network: torch.nn.Module, size: tuple[int, int]) -> bytes:
    file = io.BytesIO()
    told = logging.getLogger("torch.onnx")
    level = told.level
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told.setLevel(logging.ERROR)
        try:
            # the newer exporter takes ten times as long, and an annotator waits for it after each training
            torch.onnx.export(
                network,
                (torch.zeros(1, 1, *size),),
                file,  # type: ignore[arg-type]
                dynamo=False,
                input_names=["images"],
                dynamic_axes={"images": {0: "count"}},
            )
        finally:
            told.setLevel(level)
    return file.getvalue()
