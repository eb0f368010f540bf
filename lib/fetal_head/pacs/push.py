"""Labels from the study folder back to the PACS: what it has of an image is what counts here, and nothing else."""

from __future__ import annotations

import json
import logging
import re
from datetime import datetime
from itertools import count

from pydicom.dataset import Dataset
from sqlalchemy import select

from fetal_head.config import PacsSettings
from fetal_head.export import dicom_ko, dicom_seg, dicom_sr
from fetal_head.export.dicom_ko import rejection
from fetal_head.export.dicom_seg import segmentation
from fetal_head.export.dicom_sr import report, report_uid
from fetal_head.export.source import source_of
from fetal_head.imaging.dicom import read_dataset
from fetal_head.imaging.multiframe import original_of
from fetal_head.pacs.client import Instance, Pacs
from fetal_head.pacs.errors import PacsAwayError
from fetal_head.pacs.failures import Failures, is_of_all, sentence_of
from fetal_head.pacs.outbox import Outbox
from fetal_head.pseudonym import pseudonym
from fetal_head.store import queries
from fetal_head.store.exported import exported
from fetal_head.store.settling import FINAL
from fetal_head.store.store import Store
from fetal_head.store.tables import APPROVED, Image, Submission

OUTBOX = "pacs.sqlite"
# an image of a PACS is called by its instance, and perhaps a frame
PULLED = re.compile(r"[0-9.]+(\.f\d+)?")
# as the outbox keeps it
NO_LABEL = ""

logger = logging.getLogger(__name__)


class Pusher:
    """Sends what differs between the labels here and what the PACS was told. One that fails holds up no other."""

    def __init__(self, pacs: Pacs, store: Store, settings: PacsSettings) -> None:
        self._pacs = pacs
        self._store = store
        self._settings = settings
        self._outbox = Outbox(store.layout.hidden / OUTBOX)
        self._failures = Failures()
        self._broken_off: set[str] = set()

    def push(self) -> None:
        """Sends all that differs.

        Raises:
            PacsAwayError: the PACS is not there.
            StoreError: the folder or its database gives no answer.
        """
        told, current = self._outbox.told(), self._current()
        # what the PACS broke off at comes last: perhaps it does so each time
        for image in sorted(told.keys() | current.keys(), key=lambda image: (image in self._broken_off, image)):
            label = current.get(image)
            if told.get(image) == label or self._failures.wait((image, label)):
                continue
            try:
                self._send(image, label)
            except PacsAwayError:
                self._broken_off.add(image)
                raise
            except Exception as error:  # whatever it is, it is of this label
                self._leave_out(image, label, error)
            else:
                self._failures.forget((image, label))
                self._broken_off.discard(image)

    def _leave_out(self, image: str, label: str | None, error: Exception) -> None:
        """Says so, once. Raises the error where it is not of this one alone."""
        if is_of_all(error):
            raise error
        if self._failures.note((image, label), sentence_of(error)):
            logger.warning("the label of the image %s was not sent to the PACS: %s", pseudonym(image), sentence_of(error))

    def _current(self) -> dict[str, str]:
        """Image -> all that its label and what is made of it depend on, for the images that can be the PACS's.

        An image whose labels are all withdrawn has an empty one: the PACS may have to be told.
        """
        s = Submission
        columns = (s.number, s.sha256, s.annotated, s.who, s.model, s.at, s.status == APPROVED, Image.info["spacing"])
        rows = select(Image.id, *columns).select_from(s).join(Image, Image.id == s.image).where(s.current, s.tag == FINAL)
        with self._store.reading() as session:
            found = dict.fromkeys(session.scalars(select(s.image).where(s.tag == FINAL).distinct()), NO_LABEL)
            found |= {image: json.dumps(label) for image, *label in session.execute(rows)}
        return {image: label for image, label in found.items() if PULLED.fullmatch(image)}

    def _send(self, image: str, label: str | None) -> None:
        """In an order in which what is cut off can be done again: what is to come is noted before, what is done after."""
        if not self._outbox.objects(image):
            self._find_earlier(image)
        wanted = self._objects(image) if label else {}
        noted = self._outbox.objects(image)
        self._outbox.note(image, [each for each in wanted if each not in noted], "coming")
        for each, made in wanted.items():
            if noted.get(each) != "stored":
                self._pacs.store([made])
                self._outbox.note(image, [each], "stored")
        for each, state in noted.items():
            if each not in wanted and state != "withdrawn":
                self._withdraw(each)
                self._outbox.note(image, [each], "withdrawn")
        self._outbox.tell(image, label)

    def _objects(self, image: str) -> dict[Instance, Dataset]:
        """The DICOM objects of an image's label; none for an image that did not come from the PACS."""
        label, dataset = exported(self._store, image), self._dataset(image)
        if label is None or dataset is None:
            return {}
        source = source_of(dataset, label.spacing)
        noted = self._outbox.objects(image)
        gone = {each.uid for each, state in noted.items() if state == "withdrawn"}
        outlines = next(s for n in count() if (s := segmentation(label, source, n)).SOPInstanceUID not in gone)
        number = next(n for n in count() if report_uid(label, outlines, n) not in gone)
        ours = (report_uid(label, outlines, number), *gone)
        earlier = [each.uid for each in noted if each.series == dicom_sr.series_uid(source) and each.uid not in ours]
        measurements = report(label, source, outlines, earlier[-1] if earlier else None, number)
        return {_instance(made): made for made in (outlines, measurements) if made is not None}

    def _dataset(self, image: str) -> Dataset | None:
        """A DICOM image; None where there is none, or it did not come from the PACS."""
        with self._store.reading() as session:
            row = queries.image_of(session, image)
        file = queries.image_path(self._store.layout, row) if row else None
        if file is None or file.suffix.lower() != ".dcm":
            return None
        dataset = read_dataset(file)
        return dataset if original_of(dataset).image_id == image else None

    def _find_earlier(self, image: str) -> None:
        """Notes what a study folder or an outbox that was lost has sent of an image, and what of it was rejected since."""
        if (dataset := self._dataset(image)) is None:
            return
        source = source_of(dataset, None)
        study = source.header.StudyInstanceUID
        for series in (dicom_seg.series_uid(source), dicom_sr.series_uid(source)):
            notes = {note.uid for note in self._pacs.instances(study, dicom_ko.series_uid(series))}
            for each in self._pacs.instances(study, series):
                self._outbox.note(image, [each], "withdrawn" if dicom_ko.note_uid(each.uid) in notes else "stored")

    def _withdraw(self, instance: Instance) -> None:
        if self._settings.pacs_replaced == "delete":
            self._pacs.delete(instance)
        elif self._settings.pacs_replaced == "reject" and (header := self._pacs.header(instance)) is not None:
            self._pacs.store([rejection(header, datetime.now())])


def _instance(made: Dataset) -> Instance:
    return Instance(str(made.StudyInstanceUID), str(made.SeriesInstanceUID), str(made.SOPInstanceUID))
