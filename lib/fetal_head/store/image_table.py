"""All images of a study in memory, as arrays that grow with them; only what changed is read again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal_head.patients import patient_of
from fetal_head.store.set_aside import FLAG, SKIPPED
from fetal_head.store.tables import Image

FIELDS = np.dtype(
    [
        ("size", np.int64),
        ("mtime_ns", np.int64),
        ("readings", np.int64),
        ("is_wanted", np.bool_),  # there, and not set aside
        ("patient", np.int64),
    ]
)


class ImageTable:
    """A row for each image that the study ever had; a row stays where it is.

    Attributes:
        places: image -> its row.
        rows: structured (R,), see FIELDS; `patient` is a number by which frames of one patient are known.
        skipped: row -> who skipped its image.
        changed: the newest change that is in it.
    """

    def __init__(self) -> None:
        self.places: dict[str, int] = {}
        self._by_name = np.empty(0, dtype=np.intp)
        self.skipped: dict[int, list[str]] = {}
        self.changed = -1
        self._rows = np.zeros(1, dtype=FIELDS)
        self._names = np.empty(1, dtype=object)
        self._patients: dict[str, int] = {}

    @property
    def rows(self) -> NDArray[np.void]:
        """What is known of each image."""
        return self._rows[: len(self.places)]

    def rows_by_name(self, chosen: NDArray[np.bool_]) -> NDArray[np.intp]:
        """The rows of the chosen ones among all (R,) images, in the order of their names."""
        found: NDArray[np.intp] = self._by_name[chosen[self._by_name]]
        return found

    def names(self, rows: NDArray[np.intp]) -> NDArray[np.object_]:
        """The images of some rows."""
        return self._names[rows]

    def refresh(self, session: Session) -> None:
        """Takes in what changed since the last time."""
        before = len(self.places)
        columns = (Image.id, Image.size, Image.mtime_ns, Image.readings, Image.removed, Image.info)
        found = session.execute(select(Image.changed, *columns).where(Image.changed > self.changed).order_by(Image.changed))
        for changed, image, size, mtime_ns, readings, removed, info in found:
            place = self._place(image)
            patient = self._patients.setdefault(info.get("patient") or patient_of(image), len(self._patients))
            self._rows[place] = (size, mtime_ns, readings, removed is None and not info.get(FLAG), patient)
            self.skipped.pop(place, None)
            if info.get(SKIPPED):
                self.skipped[place] = info[SKIPPED]
            self.changed = changed
        if len(self.places) > before:
            names = self._names[: len(self.places)].tolist()
            self._by_name = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.intp)

    def _place(self, image: str) -> int:
        place = self.places.setdefault(image, len(self.places))
        if place == len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
            self._names = np.concatenate([self._names, np.empty_like(self._names)])
        self._names[place] = image
        return place
