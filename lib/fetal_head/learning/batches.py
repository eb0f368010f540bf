"""What an epoch looks at: views drawn at random, each changed by a seed of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os import cpu_count

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from fetal_head.learning import ranks
from fetal_head.learning.augmentation import Augmentation
from fetal_head.learning.samples import View

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


class Batches:
    """Batches of (N, 1, H, W) images, (N, S, H, W) targets and (N, S) known.

    What is drawn depends on seed and epoch alone: a training that was killed and goes on, or that several ranks share, sees
    the same pictures as one that was left in peace.
    """

    def __init__(self, views: Sequence[View], augmentation: Augmentation, size: int, seed: int, shares: Sequence[float]) -> None:
        """`size` images a batch; `shares`: how often each view is drawn relative to the others."""
        share = np.asarray(shares, dtype=float)
        self._views = views
        self._augmentation = augmentation
        self._size = size
        self._seed = seed
        self._share = share / share.sum()

    def epoch(self, number: int, batches: int) -> Iterator[Batch]:
        """The batches of an epoch; of each one only this rank's part."""
        random = np.random.default_rng((self._seed, number))
        count = batches * self._size
        drawn = random.choice(len(self._views), count, p=self._share)
        seeds = random.integers(2**31, size=count)
        own = [i for i in range(count) if i % self._size % ranks.count() == ranks.rank()]
        pictures = _Pictures(self._views, self._augmentation, [(int(drawn[i]), int(seeds[i])) for i in own])
        # on the CPU the network has all cores; a GPU would wait for pictures that one process changes
        workers = min(8, cpu_count() or 1) if torch.cuda.is_available() else 0
        loader: DataLoader[Batch] = DataLoader(pictures, batch_size=len(own) // batches, num_workers=workers)
        yield from loader


class _Pictures(Dataset[Batch]):
    def __init__(self, views: Sequence[View], augmentation: Augmentation, draws: Sequence[tuple[int, int]]) -> None:
        self._views = views
        self._augmentation = augmentation
        self._draws = draws

    def __len__(self) -> int:
        return len(self._draws)

    def __getitem__(self, number: int) -> Batch:
        index, seed = self._draws[number]
        view = self._views[index]
        return (*self._augmentation(view, seed), view.known)
