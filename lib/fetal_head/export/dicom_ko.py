"""A note that an object of ours no longer counts (IHE IOCM), as a DICOM Key Object Selection."""

from __future__ import annotations

from datetime import datetime

from highdicom.ko import KeyObjectSelection, KeyObjectSelectionDocument
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from fetal_head.export.equipment import MADE_BY, dated
from fetal_head.export.source import complete
from fetal_head.uids import uid_of

SERIES_NUMBER = 9003


def rejection(header: Dataset, at: datetime) -> KeyObjectSelectionDocument:
    """The rejection note on an object. An archive that keeps to IOCM hides what it names; the same object has one note.

    Args:
        header: of the object that is rejected.

    Raises:
        ValueError: the header says what DICOM does not allow.
    """
    rejected = complete(header)
    made = KeyObjectSelectionDocument(
        evidence=[rejected],
        content=KeyObjectSelection(codes.DCM.RejectedForQualityReasons, [rejected]),
        series_instance_uid=series_uid(rejected.SeriesInstanceUID),
        series_number=SERIES_NUMBER,
        series_description="Fetal head, replaced or deleted",
        sop_instance_uid=note_uid(rejected.SOPInstanceUID),
        instance_number=int(rejected.get("InstanceNumber") or 1),
        **MADE_BY,
    )
    # highdicom leaves it to us here, and a patient's number tells little without its issuer
    made.copy_patient_and_study_information(rejected)
    return dated(made, at, rejected)


def series_uid(rejected: str) -> str:
    """The series of all rejection notes on the objects of a series."""
    return uid_of("KO series", rejected)


def note_uid(rejected: str) -> str:
    """The SOP Instance UID of the rejection note on an object."""
    return uid_of("KO", rejected)
