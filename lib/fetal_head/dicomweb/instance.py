"""One grey image as a DICOM instance: single-frame ultrasound, made when it is asked for."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence
from pydicom.uid import PYDICOM_IMPLEMENTATION_UID, ExplicitVRLittleEndian, UltrasoundImageStorage
from pydicom.valuerep import DSfloat

from fetal_head.dicomweb.uids import Uids, frame_of_reference
from fetal_head.imaging.loss import Loss

# DICOM PS3.3 C.8.5.5
TWO_DIMENSIONAL, TISSUE, NO_UNIT = 1, 1, 0
NO_PLACE = "Position and orientation are those of the picture, not of the patient."
NO_SIZE = "The size of a pixel is not known: lengths are in pixels, not in millimetres."


@dataclass(frozen=True)
class Described:
    """An image and what is told of it.

    Attributes:
        patient, name: what patient and image are called.
        shape: (rows, columns).
        spacing: mm per pixel along (rows, columns); None where nobody knows it.
        loss: what lossy compression has taken from it; None where nobody knows of any.
    """

    uids: Uids
    patient: str
    name: str
    shape: tuple[int, int]
    spacing: tuple[float, float] | None
    loss: Loss | None = None


def header(image: Described) -> Dataset:
    """All of an instance but its pixels."""
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    _identify(dataset, image)
    _place(dataset, image)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PixelRepresentation = 1, "MONOCHROME2", 0
    dataset.Rows, dataset.Columns = image.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    dataset.WindowCenter, dataset.WindowWidth = "128", "256"
    if image.loss:
        dataset.LossyImageCompression = "01"
        # of what nobody tells, DICOM wants nothing to be said
        if image.loss.ratios:
            dataset.LossyImageCompressionRatio = list(image.loss.ratios)
        if image.loss.methods:
            dataset.LossyImageCompressionMethod = list(image.loss.methods)
    return dataset


def encoded(image: Described, pixels: NDArray[np.uint8]) -> bytes:
    """The whole instance as a file, Explicit VR Little Endian. Raises ValueError for pixels that are not of `image.shape`."""
    if pixels.shape != image.shape:
        raise ValueError(f"the image has {pixels.shape} rows and columns, not {image.shape}")
    dataset = header(image)
    data = np.ascontiguousarray(pixels).tobytes()
    dataset.add_new("PixelData", "OB", data + b"\0" * (len(data) % 2))
    dataset.is_little_endian, dataset.is_implicit_VR = True, False
    dataset.preamble, dataset.file_meta = bytes(128), FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = UltrasoundImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = image.uids.instance
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
    file = io.BytesIO()
    dcmwrite(file, dataset, write_like_original=False)
    return file.getvalue()


def _identify(dataset: Dataset, image: Described) -> None:
    """Of these, all that nobody knows is empty."""
    dataset.PatientName = dataset.PatientID = image.patient
    dataset.PatientBirthDate = dataset.PatientSex = ""
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID = (
        image.uids.study,
        image.uids.series,
        image.uids.instance,
    )
    dataset.StudyDate = dataset.StudyTime = dataset.AccessionNumber = dataset.ReferringPhysicianName = dataset.StudyID = ""
    dataset.Modality, dataset.SeriesNumber, dataset.SeriesDescription = "US", None, image.name
    dataset.Laterality = dataset.PatientOrientation = dataset.Manufacturer = ""
    dataset.SOPClassUID, dataset.InstanceNumber = UltrasoundImageStorage, "1"
    dataset.ImageType = ["DERIVED", "SECONDARY"]


def _place(dataset: Dataset, image: Described) -> None:
    """A plane of its own, which no machine has told: viewers lay segmentations on nothing that has no place."""
    dataset.FrameOfReferenceUID, dataset.PositionReferenceIndicator = frame_of_reference(image.uids.series), ""
    dataset.ImagePositionPatient, dataset.ImageOrientationPatient = ["0", "0", "0"], ["1", "0", "0", "0", "1", "0"]
    dataset.PixelSpacing = [DSfloat(mm, auto_format=True) for mm in image.spacing or (1.0, 1.0)]
    dataset.ImageComments = NO_PLACE
    # OHIF multiplies one with the other where there are both, and shows lengths that are many times too small
    if image.spacing is None:
        dataset.ImageComments += f" {NO_SIZE}"
        dataset.SequenceOfUltrasoundRegions = Sequence([_without_size(image.shape)])


def _without_size(shape: tuple[int, int]) -> Dataset:
    """All of the image, as a region whose pixels have no unit: so viewers measure in pixels."""
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = TWO_DIMENSIONAL, TISSUE, 0
    region.RegionLocationMinX0 = region.RegionLocationMinY0 = 0
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = shape[1] - 1, shape[0] - 1
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = NO_UNIT
    region.PhysicalDeltaX = region.PhysicalDeltaY = 1.0
    return region
