"""The scores of all images in memory, as arrays that grow with them; only what is new is read again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from fetal_head.labels import NAMES
from fetal_head.selection.pool import Numbers
from fetal_head.store.worklist.columns import Columns
from fetal_head.store.worklist.scores import scores_since

UNKNOWN = np.full(len(NAMES), np.nan)


class ScoreTable:
    """The newest score of each image, in the row that the image has.

    Attributes:
        turn: of the newest score that is in it.
    """

    def __init__(self) -> None:
        self.turn = 0
        self._rows = Columns(size=0, mtime_ns=0, is_damaged=False, entropy=UNKNOWN, bald=UNKNOWN, seen=UNKNOWN)
        self._features = _features(0)
        self._models: dict[int, str] = {}

    def refresh(self, session: Session, places: Mapping[str, int]) -> None:
        """Takes in what was scored since the last time, given the row of each image."""
        self._rows.grow(len(places))
        self._features.grow(len(places))
        for score in scores_since(session, self.turn):
            place, self.turn = places[score.image], score.turn
            self._features.write(place)
            self._models[place] = score.model
            of = {"size": score.size, "mtime_ns": score.mtime_ns}
            if score.entropy is None or score.bald is None or score.seen is None:
                self._rows.write(place, **of, is_damaged=True)
                continue
            self._rows.write(place, **of, entropy=score.entropy, bald=score.bald, seen=score.seen)
            self._keep_feature(place, np.frombuffer(score.feature or b"", dtype=np.float16))

    def are_usable(self, images: Columns) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """(R,) whether the image in each row is still the one that was scored, and whether that could be read."""
        is_same = (self._rows["size"] == images["size"]) & (self._rows["mtime_ns"] == images["mtime_ns"])
        return is_same, ~(is_same & self._rows["is_damaged"])

    def of(self, name: str, rows: NDArray[np.intp], valid: NDArray[np.bool_]) -> Numbers:
        """(N, S) the `entropy` or `bald` of N rows, or whether the structure is `seen`; NaN where the score is not `valid`."""
        found = self._rows[name].take(rows, axis=0)
        if not valid.all():
            found[~valid] = np.nan
        return found

    def features(self, rows: NDArray[np.intp], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
        """(N, D), of unit length, of N rows; NaN where there is none or the score is not `valid`."""
        found: NDArray[np.float32] = self._features["feature"].take(rows, axis=0)
        if not valid.all():
            found[~valid] = np.nan
        return found

    def model_of(self, row: int) -> str | None:
        """The version of the model that scored an image."""
        return self._models.get(row)

    def _keep_feature(self, place: int, feature: NDArray[np.float16]) -> None:
        # features of another kind of network cannot be compared: those of the old one are forgotten
        if len(feature) != self._features["feature"].shape[1]:
            self._features = _features(len(feature))
            self._features.grow(self._rows.size)
        self._features.write(place, feature=feature)


def _features(length: int) -> Columns:
    return Columns(feature=np.full(length, np.nan, dtype=np.float32))
