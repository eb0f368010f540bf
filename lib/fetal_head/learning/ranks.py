"""Several processes that train one network together, by torchrun or by themselves; one process is the case without any of it."""

from __future__ import annotations

import logging
import multiprocessing
import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

import torch
from torch import distributed
from torch.distributed.nn.functional import all_reduce
from torch.nn.parallel import DistributedDataParallel

from fetal_head.following import deaf, end_with_first

# the first rank notices by itself that another one is gone, unless it waits for its part on a GPU
PATIENCE = 10.0

logger = logging.getLogger(__name__)
T = TypeVar("T")


@contextmanager
def ranks() -> Iterator[None]:
    """Joins the other ranks when torchrun has started this process, and leaves them at the end."""
    if "RANK" not in os.environ or together():
        yield
        return
    with _group(int(os.environ["LOCAL_RANK"])):
        yield


def in_ranks(count: int, first: Callable[[], T], others: Callable[[], object]) -> T:
    """What `first` returns in this process, while `count - 1` more, which end with it, call `others`: ranks of one group.

    Raises:
        ChildProcessError: one of the others has died. If `first` still waits for it after `PATIENCE`, this process ends at once.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        where = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    context = multiprocessing.get_context("spawn")
    # no daemons: those may not have the processes that bring them their pictures
    started = [context.Process(target=_other, args=(rank, count, where, others), daemon=False) for rank in range(1, count)]
    with deaf():
        for process in started:
            process.start()
    over = threading.Event()
    watch = threading.Thread(target=_end_with_others, args=(started, over), name="other ranks", daemon=True)
    watch.start()
    try:
        with _group(0, init_method=where, rank=0, world_size=count):
            return first()
    except RuntimeError as error:
        if death := _death(started, 1.0):
            raise ChildProcessError(death) from error
        raise
    finally:
        over.set()
        watch.join()
        for process in started:
            process.terminate()
            process.join()


def together() -> bool:
    """Whether this process is one of several."""
    return distributed.is_available() and distributed.is_initialized()


def rank() -> int:
    """The number of this process; the first one, 0, is the one that writes."""
    return distributed.get_rank() if together() else 0


def count() -> int:
    """How many processes train together."""
    return distributed.get_world_size() if together() else 1


def as_first(said: str) -> str:
    """What the first rank says, in every rank: each reads for itself what may change meanwhile."""
    everyone = [said]
    if together():
        distributed.broadcast_object_list(everyone)
    return everyone[0]


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


@contextmanager
def _group(local: int, **where: Any) -> Iterator[None]:
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo", **where)
    if torch.cuda.is_available():
        torch.cuda.set_device(local)
    try:
        yield
    finally:
        distributed.destroy_process_group()


def _other(rank: int, count: int, where: str, task: Callable[[], object]) -> None:
    end_with_first()
    with _group(rank, init_method=where, rank=rank, world_size=count):
        task()


def _end_with_others(others: Sequence[BaseProcess], over: threading.Event) -> None:
    while not over.wait(0.5):
        if death := _death(others):
            if not over.wait(PATIENCE):
                logger.error("%s", death)
                os._exit(1)
            return


def _death(others: Sequence[BaseProcess], seconds: float = 0.0) -> str | None:
    """A sentence on one that died within so many seconds, None when none did."""
    for rank, process in enumerate(others, start=1):
        process.join(seconds)
        if process.exitcode:
            who = f"process {rank} of the {len(others) + 1} that train together"
            return f"{who} has died (exit code {process.exitcode}): see what it said above"
    return None
