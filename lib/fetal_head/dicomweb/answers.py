"""What a search tells of studies, series and instances: DICOM PS3.18, 10.6.3.3."""

from __future__ import annotations

from pydicom.dataset import Dataset

from fetal_head.dicomweb.instance import Described, header
from fetal_head.dicomweb.query import ALIKE, ALL
from fetal_head.dicomweb.uids import Uids

OF_STUDY = ("StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "PatientBirthDate", "PatientSex", "StudyID")
OF_INSTANCE = (
    *("SpecificCharacterSet", "SOPClassUID", "SOPInstanceUID", "InstanceNumber", "Rows", "Columns", "BitsAllocated"),
    *("StudyInstanceUID", "SeriesInstanceUID", "Modality", "PatientID", "PatientName"),
)


def study_answer(uid: str, patient: str, images: int, root: str) -> Dataset:
    """A study of so many images, which have a series each; `root` is the address of the service."""
    dataset = _study(uid, patient)
    dataset.ModalitiesInStudy, dataset.RetrieveURL = ALIKE["ModalitiesInStudy"], f"{root}/studies/{uid}"
    dataset.NumberOfStudyRelatedSeries = dataset.NumberOfStudyRelatedInstances = images
    return dataset


def series_answer(uids: Uids, patient: str, name: str, root: str) -> Dataset:
    """The series of an image."""
    dataset = _study(uids.study, patient)
    dataset.SeriesInstanceUID, dataset.RetrieveURL = uids.series, f"{root}/studies/{uids.study}/series/{uids.series}"
    dataset.Modality, dataset.SeriesNumber, dataset.SeriesDescription = ALIKE["Modality"], None, name
    dataset.NumberOfSeriesRelatedInstances = 1
    return dataset


def instance_answer(image: Described, fields: set[str], root: str) -> Dataset:
    """An image, with those of its attributes that are asked for besides."""
    whole = header(image)
    dataset = whole if ALL in fields else Dataset()
    for keyword in {*OF_INSTANCE, *fields} & {element.keyword for element in whole}:
        dataset[keyword] = whole[keyword]
    dataset.InstanceAvailability, dataset.RetrieveURL = "ONLINE", _instance_url(image.uids, root)
    return dataset


def unavailable_answer(uids: Uids, patient: str, name: str, root: str) -> Dataset:
    """An image that cannot be read."""
    dataset = series_answer(uids, patient, name, root)
    del dataset.NumberOfSeriesRelatedInstances
    dataset.SOPClassUID, dataset.SOPInstanceUID = ALIKE["SOPClassUID"], uids.instance
    dataset.InstanceAvailability, dataset.RetrieveURL = "UNAVAILABLE", _instance_url(uids, root)
    return dataset


def _study(uid: str, patient: str) -> Dataset:
    dataset = Dataset()
    dataset.SpecificCharacterSet, dataset.InstanceAvailability = "ISO_IR 192", "ONLINE"
    for keyword in OF_STUDY:
        setattr(dataset, keyword, ALIKE[keyword])
    dataset.PatientName = dataset.PatientID = patient
    dataset.StudyInstanceUID = uid
    return dataset


def _instance_url(uids: Uids, root: str) -> str:
    return f"{root}/studies/{uids.study}/series/{uids.series}/instances/{uids.instance}"
