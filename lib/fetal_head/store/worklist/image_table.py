"""All images of a study in memory, as arrays that grow with them; only what changed is read again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal_head.patients import patient_of
from fetal_head.store.said import FLAG, SKIPPED
from fetal_head.store.sql.tables import Image
from fetal_head.store.worklist.columns import Columns


class ImageTable:
    """A row for each image that the study ever had; a row stays where it is.

    Attributes:
        places: image -> its row.
        rows: (R,) each. `name`; `size` and `mtime_ns` of the file; `readings`; `is_wanted`, whether it is there and not set
            aside; `patient`, a number by which frames of one patient are known.
        skipped: row -> who skipped its image.
        changed: the newest change that is in it.
    """

    def __init__(self) -> None:
        self.places: dict[str, int] = {}
        self._by_name = np.empty(0, dtype=np.intp)
        self.skipped: dict[int, list[str]] = {}
        self.changed = -1
        self.rows = Columns(name=np.array("", dtype=object), size=0, mtime_ns=0, readings=0, is_wanted=False, patient=0)
        self._patients: dict[str, int] = {}

    def rows_by_name(self, chosen: NDArray[np.bool_]) -> NDArray[np.intp]:
        """The rows of the chosen ones among all (R,) images, in the order of their names."""
        found: NDArray[np.intp] = self._by_name[chosen[self._by_name]]
        return found

    def refresh(self, session: Session) -> None:
        """Takes in what changed since the last time."""
        before = len(self.places)
        columns = (Image.id, Image.size, Image.mtime_ns, Image.readings, Image.removed, Image.info)
        found = session.execute(select(Image.changed, *columns).where(Image.changed > self.changed).order_by(Image.changed))
        for changed, image, size, mtime_ns, readings, removed, info in found:
            place = self.places.setdefault(image, len(self.places))
            self.rows.grow(len(self.places))
            patient = self._patients.setdefault(info.get("patient") or patient_of(image), len(self._patients))
            is_wanted = removed is None and not info.get(FLAG)
            of = {"name": image, "size": size, "mtime_ns": mtime_ns, "readings": readings}
            self.rows.write(place, **of, is_wanted=is_wanted, patient=patient)
            self.skipped.pop(place, None)
            if info.get(SKIPPED):
                self.skipped[place] = info[SKIPPED]
            self.changed = changed
        if len(self.places) > before:
            names = self.rows["name"].tolist()
            self._by_name = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.intp)
