"""Several processes that train one network together, as torchrun starts them; one process is the case without any of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import distributed
from torch.distributed.nn.functional import all_reduce
from torch.nn.parallel import DistributedDataParallel


@contextmanager
def ranks() -> Iterator[None]:
    """Joins the other ranks when torchrun has started this process, and leaves them at the end."""
    if "RANK" not in os.environ or together():
        yield
        return
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    try:
        yield
    finally:
        distributed.destroy_process_group()


def together() -> bool:
    """Whether this process is one of several."""
    return distributed.is_available() and distributed.is_initialized()


def rank() -> int:
    """The number of this process; the first one, 0, is the one that writes."""
    return distributed.get_rank() if together() else 0


def count() -> int:
    """How many processes train together."""
    return distributed.get_world_size() if together() else 1


def over_ranks(part: torch.Tensor) -> torch.Tensor:
    """The sum of every rank's `part`, through which gradients flow back to all of them."""
    total: torch.Tensor = all_reduce(part) if together() else part  # type: ignore[no-untyped-call]
    return total


def shared(network: torch.nn.Module) -> torch.nn.Module:
    """The network with its gradients averaged over the ranks."""
    return DistributedDataParallel(network) if together() else network


def wait() -> None:
    """Until every rank has come here."""
    if together():
        distributed.barrier()
