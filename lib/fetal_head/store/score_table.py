"""The scores of all images in memory, as arrays that grow with them; only what is new is read again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from fetal_head.labels import NAMES
from fetal_head.selection.pool import Numbers
from fetal_head.store.scores import scores_since

FIELDS = np.dtype(
    [
        ("size", np.int64),
        ("mtime_ns", np.int64),
        ("is_damaged", np.bool_),
        ("entropy", np.float64, len(NAMES)),
        ("bald", np.float64, len(NAMES)),
        ("seen", np.bool_, len(NAMES)),
    ]
)


class ScoreTable:
    """The newest score of each image, in the row that the image has.

    Attributes:
        turn: of the newest score that is in it.
    """

    def __init__(self) -> None:
        self.turn = 0
        self._rows = _unscored(1)
        self._features = np.full((1, 0), np.nan, dtype=np.float32)
        self._models: dict[int, str] = {}

    def refresh(self, session: Session, places: Mapping[str, int]) -> None:
        """Takes in what was scored since the last time, given the row of each image."""
        self._grow(len(places))
        for score in scores_since(session, self.turn):
            place, self.turn = places[score.image], score.turn
            self._rows[place], self._features[place] = _unscored(1)[0], np.nan
            self._models[place] = score.model
            self._rows[place]["size"], self._rows[place]["mtime_ns"] = score.size, score.mtime_ns
            if score.entropy is None or score.bald is None or score.seen is None:
                self._rows[place]["is_damaged"] = True
                continue
            for name in ("entropy", "bald", "seen"):
                self._rows[place][name] = getattr(score, name)
            self._keep_feature(place, np.frombuffer(score.feature or b"", dtype=np.float16))

    def are_valid(self, images: NDArray[np.void]) -> NDArray[np.bool_]:
        """(R,) whether the image in each row is still the one that was scored, see `image_table.FIELDS`."""
        scores = self._rows[: len(images)]
        return np.asarray((scores["size"] == images["size"]) & (scores["mtime_ns"] == images["mtime_ns"]))

    @property
    def are_damaged(self) -> NDArray[np.bool_]:
        """(R or more,) whether the image in each row could not be read."""
        return np.asarray(self._rows["is_damaged"])

    def of(self, rows: NDArray[np.intp], valid: NDArray[np.bool_]) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
        """(N, S) entropy, BALD and whether the structure is seen, of N rows; as if not scored where that is not `valid`."""
        entropy, bald, seen = (self._rows[name][rows] for name in ("entropy", "bald", "seen"))
        entropy[~valid], bald[~valid], seen[~valid] = np.nan, np.nan, False
        return entropy, bald, seen

    def features(self, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """(N, D), of unit length, of N rows; NaN where there is none."""
        return self._features[rows]

    def model_of(self, row: int) -> str | None:
        """The version of the model that scored an image."""
        return self._models.get(row)

    def _keep_feature(self, place: int, feature: NDArray[np.float16]) -> None:
        # features of another kind of network cannot be compared: those of the old one are forgotten
        if len(feature) != self._features.shape[1]:
            self._features = np.full((len(self._rows), len(feature)), np.nan, dtype=np.float32)
        self._features[place] = feature

    def _grow(self, size: int) -> None:
        if size > len(self._rows):
            more = max(size, 2 * len(self._rows)) - len(self._rows)
            self._rows = np.concatenate([self._rows, _unscored(more)])
            empty = np.full((more, self._features.shape[1]), np.nan, dtype=np.float32)
            self._features = np.concatenate([self._features, empty])


def _unscored(count: int) -> NDArray[np.void]:
    rows = np.zeros(count, dtype=FIELDS)
    rows["entropy"], rows["bald"] = np.nan, np.nan
    return rows
