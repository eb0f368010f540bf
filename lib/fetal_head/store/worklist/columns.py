"""Columns of numbers that grow together, a row for each image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Columns:
    """Arrays by name, each in one piece of memory: to look through one column of many thousand rows takes no time.

    Attributes:
        size: R, how many rows there are.
    """

    def __init__(self, **empty: ArrayLike) -> None:
        """`empty` is what each column holds in a row that nothing was written to; it decides its dtype and shape."""
        self.size = 0
        self._empty = {name: np.asarray(value) for name, value in empty.items()}
        self._held = {name: value[np.newaxis].copy() for name, value in self._empty.items()}

    def __getitem__(self, name: str) -> NDArray[Any]:
        """(R, ...) a column."""
        return self._held[name][: self.size]

    def grow(self, size: int) -> None:
        """Makes it at least so many rows."""
        self.size = max(size, self.size)
        for name, held in self._held.items():
            if size > len(held):
                more = np.broadcast_to(self._empty[name], (max(size, 2 * len(held)) - len(held), *held.shape[1:]))
                self._held[name] = np.concatenate([held, more])

    def write(self, row: int, **values: ArrayLike) -> None:
        """Fills a row; columns that are not named become empty in it."""
        for name, held in self._held.items():
            held[row] = values.get(name, self._empty[name])
