"""A study folder of phantoms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from fetal_head.datasets.case import Case
from fetal_head.datasets.study import StudyWriter
from fetal_head.phantom import Phantom, phantom


def phantoms(seeds: Iterable[int], workers: int | None = None) -> Iterator[Phantom]:
    """The phantoms of `seeds`, in their order, drawn by several processes; by default as many as there are cores."""
    remaining = iter(seeds)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        # a bounded number in flight: a phantom waiting to be fetched keeps its megabyte
        waiting = [pool.submit(phantom, seed) for seed in islice(remaining, 32)]
        while waiting:
            drawn = waiting.pop(0).result()
            waiting.extend(pool.submit(phantom, seed) for seed in islice(remaining, 1))
            yield drawn


def write_phantoms(
    to: Path,
    count: int,
    seed: int,
    *,
    with_labels: bool = True,
    progress: Callable[[Iterable[Phantom]], Iterable[Phantom]] = iter,
) -> None:
    """Writes `count` phantoms into a study folder, each a patient of its own.

    Raises:
        ValueError: the folder holds something else, or already holds phantoms of this seed.
    """
    # apart far enough that no two seeds share a picture
    first = seed * 1_000_000
    with StudyWriter(to) as study:
        if f"phantom-{seed}-00000" in study:
            raise ValueError(f"{to} already holds phantoms of seed {seed}; give another seed or another folder")
        for number, drawn in enumerate(progress(phantoms(range(first, first + count)))):
            name = f"phantom-{seed}-{number:05d}"
            study.add(
                Case(
                    name,
                    drawn.image,
                    drawn.mask if with_labels else None,
                    drawn.annotated if with_labels else (),
                    patient=name,
                    plane="trans-ventricular",
                    spacing=drawn.spacing,
                    source=f"phantom seed {first + number}",
                )
            )
