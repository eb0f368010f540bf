"""Networks made ready by several threads at once, as a server does when a version is published."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import torch

from fetal_head.model.engine import _by_onnx_runtime

SIZE = (16, 24)


def test_threads_make_networks_ready_at_once() -> None:
    networks = [torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3, padding=1), torch.nn.InstanceNorm2d(2)).eval() for _ in range(8)]
    image = torch.rand(1, 1, *SIZE)

    def answer(network: torch.nn.Module) -> torch.Tensor:
        return _by_onnx_runtime(network, {"images": torch.zeros(1, 1, *SIZE)}, ["logits"])(image)[0]

    with ThreadPoolExecutor(len(networks)) as pool:
        found = list(pool.map(answer, networks))
    for network, logits in zip(networks, found, strict=True):
        with torch.inference_mode():
            torch.testing.assert_close(logits, network(image), atol=1e-5, rtol=1e-4)
