"""Phantoms in number, drawn by several processes, and a study folder of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from threadpoolctl import threadpool_limits

from fetal_head.datasets.case import Case
from fetal_head.datasets.study import StudyWriter, Written, write_case
from fetal_head.following import deaf, end_with_first
from fetal_head.phantom import Phantom, phantom

# apart far enough that no two seeds of the command line share a picture
SEED_STRIDE = 1_000_000

A = TypeVar("A")
R = TypeVar("R")


def phantoms(seeds: Iterable[int]) -> Iterator[Phantom]:
    """The phantoms of `seeds`, in their order."""
    return in_processes(phantom, seeds)


def write_phantoms(
    to: Path,
    count: int,
    seed: int,
    *,
    with_labels: bool = True,
    progress: Callable[[Iterable[Written]], Iterable[Written]] = iter,
) -> None:
    """Writes `count` phantoms into a study folder, each a patient of its own.

    Raises:
        ValueError: the folder holds something else, or already holds phantoms of this seed.
    """
    with StudyWriter(to) as study:
        if _name(seed, 0) in study:
            raise ValueError(f"{to} already holds phantoms of seed {seed}; give another seed or another folder")
        jobs = ((study.staging, seed, number, with_labels) for number in range(count))
        for written in progress(in_processes(_write, jobs)):
            study.take(written)


def _write(job: tuple[Path, int, int, bool]) -> Written:
    staging, seed, number, with_labels = job
    source = seed * SEED_STRIDE + number
    drawn = phantom(source)
    name = _name(seed, number)
    case = Case(
        name,
        drawn.image,
        drawn.mask if with_labels else None,
        drawn.annotated if with_labels else (),
        patient=name,
        plane="trans-ventricular",
        spacing=drawn.spacing,
        source=f"phantom seed {source}",
    )
    return write_case(staging, case)


def _name(seed: int, number: int) -> str:
    return f"phantom-{seed}-{number:05d}"


def in_processes(function: Callable[[A], R], arguments: Iterable[A]) -> Iterator[R]:
    """`function` of each argument, in their order, by as many processes as there are cores."""
    remaining = iter(arguments)
    pool = ProcessPoolExecutor(mp_context=get_context("spawn"), initializer=_begin)
    try:
        # a bounded number in flight: a phantom waiting to be fetched keeps its megabyte
        waiting = [_submit(pool, function, argument) for argument in islice(remaining, 32)]
        while waiting:
            done = waiting.pop(0).result()
            waiting.extend(_submit(pool, function, argument) for argument in islice(remaining, 1))
            yield done
    finally:
        # who breaks off waits for what is being drawn, not for what is in the queue
        pool.shutdown(cancel_futures=True)


def _submit(pool: ProcessPoolExecutor, function: Callable[[A], R], argument: A) -> Future[R]:
    with deaf():
        return pool.submit(function, argument)


def _begin() -> None:
    # they would wait for work for ever, and keep what the first one was writing from being cleared away
    end_with_first()
    # one thread each: the processes fill the cores already, and waiting threads would take a third of them
    threadpool_limits(1)
