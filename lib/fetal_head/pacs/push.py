"""Labels from the study folder back to the PACS: what it has of an image is what counts here, and nothing else."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from itertools import count

from pydicom.dataset import Dataset

from fetal_head.config import PacsSettings
from fetal_head.export import dicom_ko, dicom_seg, dicom_sr
from fetal_head.export.dicom_ko import rejection
from fetal_head.export.dicom_seg import segmentation
from fetal_head.export.dicom_sr import report, report_uid
from fetal_head.export.source import source_of
from fetal_head.imaging.dicom import read_dataset
from fetal_head.imaging.multiframe import original_of
from fetal_head.pacs.client import Instance, Pacs
from fetal_head.pacs.differing import Differing
from fetal_head.pacs.errors import PacsAwayError, PacsRefusalError
from fetal_head.pacs.failures import Failures, is_of_all, sentence_of
from fetal_head.pacs.outbox import Outbox, State
from fetal_head.pseudonym import nameless, pseudonym
from fetal_head.store.labels import queries
from fetal_head.store.labels.exported import exported
from fetal_head.store.store import Store

OUTBOX = "pacs.sqlite"
# an image of which something was sent, and not all
UNDERWAY = "underway"
# some PACS show what they have stored only after a while
SHOWN_WITHIN_SECONDS = 600.0

logger = logging.getLogger(__name__)


class Pusher:
    """Sends what differs between the labels here and what the PACS was told. One that fails holds up no other."""

    def __init__(self, pacs: Pacs, store: Store, settings: PacsSettings) -> None:
        self._pacs = pacs
        self._store = store
        self._settings = settings
        self._outbox = Outbox(store.layout.hidden / OUTBOX)
        self._differing = Differing(store, self._outbox)
        self._failures = Failures()
        self._broken_off: set[str] = set()
        # what was to be withdrawn and is not there -> since when
        self._missing: dict[Instance, float] = {}

    def push(self) -> None:
        """Sends all that differs.

        Raises:
            PacsAwayError: the PACS is not there.
            StoreError: the folder or its database gives no answer.
        """
        self._differing.refresh()
        labels = self._differing.labels
        # what the PACS broke off at comes last: perhaps it does so each time
        for image in sorted(labels, key=lambda image: (image in self._broken_off, image)):
            label = labels[image]
            if self._failures.wait((image, label)):
                continue
            try:
                self._send(image, label)
            except PacsAwayError:
                self._broken_off.add(image)
                raise
            except PermissionError as error:  # of one file: a disk that does not work says something else
                reason = f"a file of it cannot be read ({error.strerror}); give the server's user the right to"
                self._leave_out(image, label, ValueError(reason))
            except Exception as error:  # whatever it is, it is of this label
                self._leave_out(image, label, error)
            else:
                self._failures.forget((image, label))
                self._broken_off.discard(image)
                del labels[image]

    def _leave_out(self, image: str, label: str | None, error: Exception) -> None:
        """Says so, once. Raises the error where it is not of this one alone."""
        if is_of_all(error):
            raise error
        if self._failures.note((image, label), sentence_of(error)):
            message = "the PACS does not have the label of the image %s as it is here: %s"
            logger.warning(message, pseudonym(image), nameless(sentence_of(error), [image]))

    def _send(self, image: str, label: str | None) -> None:
        """In an order in which what is cut off can be done again: what is to come or go is noted before, and after it is done."""
        self._outbox.tell(image, UNDERWAY)
        noted = self._outbox.objects(image)
        # what is there alone to be withdrawn needs no image, which may be gone
        dataset = self._dataset(image) if label or not noted else None
        if dataset is not None and not noted:
            noted = self._earlier(image, dataset)
        wanted = self._objects(image, dataset, noted) if label and dataset is not None else {}
        if not self._differing.is_as_compared(image):
            # what was read may be of another label than the one that would be noted as told; the next round comes back to it
            return
        leaving = [each for each, state in noted.items() if each not in wanted and state != "withdrawn"]
        changing: dict[Instance, State] = {each: "coming" for each in wanted if each not in noted}
        changing |= {each: "cancelled" if noted[each] in ("coming", "cancelled") else "leaving" for each in leaving}
        self._outbox.note(image, changing)
        for each, made in wanted.items():
            if noted.get(each) != "stored":
                self._pacs.store([made])
                self._outbox.note(image, {each: "stored"})
        missing = [each for each in leaving if not self._withdraw(image, each)]
        if missing:
            raise PacsRefusalError("it does not show what is to be withdrawn, and may do so later; it is asked again")
        self._outbox.tell(image, label)

    def _objects(self, image: str, dataset: Dataset, noted: dict[Instance, State]) -> dict[Instance, Dataset]:
        """The DICOM objects of an image's label, as what was ever sent of it leaves them to be."""
        label = exported(self._store, image)
        if label is None:
            return {}
        source = source_of(dataset, label.spacing)
        gone = {each.uid for each, state in noted.items() if state in ("leaving", "cancelled", "withdrawn")}
        outlines = next(s for n in count() if (s := segmentation(label, source, n)).SOPInstanceUID not in gone)
        number = next(n for n in count() if report_uid(label, outlines, n) not in gone)
        ours, series = report_uid(label, outlines, number), dicom_sr.series_uid(source)
        # one that is leaving is what this one replaces, where its way was cut off
        there = [each for each, state in noted.items() if state in ("stored", "leaving")]
        earlier = [each.uid for each in there if each.series == series and each.uid != ours]
        measurements = report(label, source, outlines, earlier[-1] if earlier else None, number)
        return {_instance(made): made for made in (outlines, measurements) if made is not None}

    def _dataset(self, image: str) -> Dataset | None:
        """A DICOM image; None where there is none, or it did not come from the PACS."""
        with self._store.reading() as session:
            row = queries.image_of(session, image)
        file = self._store.layout.folder / row.file if row else None
        if file is None or file.suffix.lower() != ".dcm":
            return None
        dataset = read_dataset(file)
        return dataset if original_of(dataset).image_id == image else None

    def _earlier(self, image: str, dataset: Dataset) -> dict[Instance, State]:
        """Notes what a study folder or an outbox that was lost has sent of an image, and what of it was rejected since."""
        source = source_of(dataset, None)
        study = source.header.StudyInstanceUID
        found: dict[Instance, State] = {}
        for series in (dicom_seg.series_uid(source), dicom_sr.series_uid(source)):
            notes = {note.uid for note in self._pacs.instances(study, dicom_ko.series_uid(series))}
            for each in self._pacs.instances(study, series):
                found[each] = "withdrawn" if dicom_ko.note_uid(each.uid) in notes else "stored"
        # all at once: what is noted of an image is all that there is
        self._outbox.note(image, found)
        return found

    def _withdraw(self, image: str, instance: Instance) -> bool:
        """Whether it does not count any more. What the PACS does not show is gone, once it had time enough to show it."""
        is_there = True
        if self._settings.pacs_replaced == "delete":
            is_there = self._pacs.delete(instance)
        elif self._settings.pacs_replaced == "reject":
            header = self._pacs.header(instance)
            is_there = header is not None
            if header is not None:
                self._pacs.store([rejection(header, datetime.now())])
        since = self._missing.setdefault(instance, time.monotonic())
        if not is_there and time.monotonic() < since + SHOWN_WITHIN_SECONDS:
            return False
        del self._missing[instance]
        self._outbox.note(image, {instance: "withdrawn"})
        return True


def _instance(made: Dataset) -> Instance:
    return Instance(str(made.StudyInstanceUID), str(made.SeriesInstanceUID), str(made.SOPInstanceUID))
