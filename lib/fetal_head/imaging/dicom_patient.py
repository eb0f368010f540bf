"""By which the images of a patient are known to be of one, as DICOM files tell it."""

from __future__ import annotations

from pathlib import Path

import pydicom
from pydicom.dataset import FileDataset

from fetal_head.pseudonym import pseudonym

WANTED = ["PatientID", "IssuerOfPatientID", "StudyInstanceUID"]


def dicom_patient(dataset: FileDataset) -> str | None:
    """The same for all images of a patient, without telling who: of the patient's id, or else of the study; None without both."""
    if patient := str(dataset.get("PatientID") or "").strip():
        return pseudonym(f"{dataset.get('IssuerOfPatientID') or ''}\\{patient}")
    return pseudonym(str(study)) if (study := dataset.get("StudyInstanceUID")) else None


def patient_or_own(dataset: FileDataset) -> str:
    """As `dicom_patient`; an image that tells neither patient nor study is one of a patient of its own."""
    return dicom_patient(dataset) or pseudonym(str(dataset.SOPInstanceUID))


def read_patient(path: Path) -> str | None:
    """That of a DICOM file, whose pixels are not read; None also for another or a damaged file.

    Raises OSError where the system cannot read the file, or not now.
    """
    if path.suffix.lower() != ".dcm":
        return None
    with path.open("rb") as file:
        try:
            return dicom_patient(pydicom.dcmread(file, stop_before_pixels=True, specific_tags=WANTED))
        except Exception as error:  # whatever a damaged file raises; whoever reads its pixels says what is wrong
            if isinstance(error, OSError) and error.errno is not None:
                raise
            return None
