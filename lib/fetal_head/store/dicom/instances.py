"""A study's images as DICOM clients look for them, by questions that the database answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from fetal_head.dicomweb.query import Query
from fetal_head.dicomweb.text import dicom_text
from fetal_head.dicomweb.uids import Uids, place_of
from fetal_head.pseudonym import pseudonym
from fetal_head.stamp import Stamp, stamp_of
from fetal_head.store.dicom.identifiers import bring_up_to_date, identity_of
from fetal_head.store.files.layout import QUIET_SECONDS
from fetal_head.store.intake.scan import take_in
from fetal_head.store.labels import queries
from fetal_head.store.said import told_spacing
from fetal_head.store.sql.derived import Instance
from fetal_head.store.sql.tables import Image
from fetal_head.store.store import Store

_LIKE = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_", "*": "%", "?": "_"})


@dataclass(frozen=True)
class Known:
    """An image of the study as DICOM knows it.

    Attributes:
        patient, name: what patient and image are called.
        image, file: its id in the study and its file, which tell the name.
        stamp: of the file.
        place: what stays of its identifiers, see `place_of`.
        spacing: what the store was told.
    """

    uids: Uids
    patient: str
    name: str
    image: str
    file: Path
    stamp: Stamp
    place: str
    spacing: tuple[float, float] | None


@dataclass(frozen=True)
class PatientStudy:
    """All images of a patient: what he is called, and how many there are."""

    uid: str
    patient: str
    count: int


class Instances:
    """The images of a study, by identifiers and by names.

    Args:
        named: whether patients and images are called by their names, not by pseudonyms.
    """

    def __init__(self, store: Store, named: bool) -> None:
        self._store = store
        self._named = named
        self._patient = Instance.patient if named else Instance.pseudonym
        self._identity = identity_of(store)
        self._lock = threading.Lock()

    def refresh(self) -> None:
        """Takes in what changed; every other question begins with it. For a hundred thousand images it takes seconds, once."""
        with self._lock:
            bring_up_to_date(self._store, self._identity)

    def studies(self, query: Query) -> tuple[list[PatientStudy], int]:
        """One page of the studies that match, by patient, and how many more there are."""
        if query.is_void:
            return [], 0
        matching = select(Instance.study).where(*self._conditions(query)).distinct()
        # as the index has them, so that a page takes no longer than it is
        by_patient = select(Instance.study, func.min(self._patient), func.count()).group_by(Instance.patient, Instance.study)
        studies = by_patient.where(Instance.removed.is_(None))
        # of a study that matches, all images are counted
        if query.wanted.keys() & {"SeriesInstanceUID", "SOPInstanceUID"}:
            studies = studies.where(Instance.study.in_(matching))
        else:
            studies = studies.where(*self._conditions(query))
        with self._reading() as session:
            ordered = studies.order_by(Instance.patient, Instance.study)
            # one more, to see whether there are more
            rows = session.execute(ordered.offset(query.offset).limit(query.limit + 1)).all()
            left = _left(session, matching, query, len(rows))
        return [PatientStudy(uid, patient, count) for uid, patient, count in rows[: query.limit]], left

    def images(self, query: Query) -> tuple[list[Known], int]:
        """One page of the images that match, by patient and name, and how many more there are."""
        if query.is_void:
            return [], 0
        matching = select(Instance.image).where(*self._conditions(query))
        ordered = self._images().where(*self._conditions(query)).order_by(Instance.patient, Instance.study, Instance.image)
        with self._reading() as session:
            rows = session.execute(ordered.offset(query.offset).limit(query.limit + 1)).all()
            left = _left(session, matching, query, len(rows))
        return [self._known(*row) for row in rows[: query.limit]], left

    def find(self, **names: str) -> list[Known]:
        """All images of a `study`, a `series` or a `uid`, or the one of that `image` id, by name."""
        found = self._find(names)
        # whoever writes into a file in place changes nothing that is watched
        if any(stamp_of(image.file) != image.stamp for image in found):
            take_in(self._store, quiet_for=QUIET_SECONDS)
            found = self._find(names)
        return found

    def _find(self, names: Mapping[str, str]) -> list[Known]:
        conditions = [getattr(Instance, key) == value for key, value in names.items()]
        with self._reading() as session:
            rows = session.execute(self._images().where(*conditions).order_by(Instance.image)).all()
        return [self._known(*row) for row in rows]

    def _images(self) -> Select[Instance, Image]:
        return select(Instance, Image).join(Image, Image.id == Instance.image).where(Instance.removed.is_(None))

    def _known(self, row: Instance, image: Image) -> Known:
        return Known(
            Uids(row.study, row.series, row.uid),
            row.patient if self._named else row.pseudonym,
            dicom_text(image.id) if self._named else pseudonym(image.id),
            image.id,
            self._store.layout.folder / image.file,
            image.stamp,
            place_of(self._identity, image.id),
            told_spacing(queries.said_of(image)),
        )

    def _conditions(self, query: Query) -> list[ColumnElement[bool]]:
        columns = {
            "StudyInstanceUID": Instance.study,
            "SeriesInstanceUID": Instance.series,
            "SOPInstanceUID": Instance.uid,
            "PatientID": self._patient,
            "PatientName": self._patient,
        }
        found: list[ColumnElement[bool]] = [Instance.removed.is_(None)]
        for keyword, values in query.wanted.items():
            column = columns[keyword]
            if keyword.endswith("UID"):
                found.append(column.in_(values))
            elif keyword == "PatientName" or any(wild in values[0] for wild in "*?"):
                # case counts for no name
                found.append(self._store.database.is_like(column, values[0].translate(_LIKE)))
            else:
                found.append(column == values[0])
        return found

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        self.refresh()
        with self._store.reading() as session:
            yield session


def _left(session: Session, matching: Select[Any], query: Query, found: int) -> int:
    if found <= query.limit:
        return 0
    return (session.scalar(select(func.count()).select_from(matching.subquery())) or 0) - query.offset - query.limit
