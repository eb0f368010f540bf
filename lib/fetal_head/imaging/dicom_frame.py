"""Where a viewer puts the pixels of a DICOM file."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from pydicom import DataElement, dcmread
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, UltrasoundImageStorage

from fetal_head.files import temporary_folder
from fetal_head.imaging.geometry import Frame
from fetal_head.imaging.volume import itk_frame

# of what an image is, how it was acquired, where it lies, and of its pixels: all that ITK takes a frame from
GROUPS = (0x0008, 0x0018, 0x0020, 0x0028)
LONGEST_VALUE = 65_536
# the name of a file that nobody keeps
INSTANCE = "1.2.3"


def dicom_frame(path: Path) -> Frame:
    """The frame that ITK gives a DICOM file; the plain one for a file that ITK cannot read.

    ITK is shown a file of ours with the same elements. It takes what the file itself says of their lengths for true, and a
    damaged or hostile one makes it fill the memory.
    """
    dataset = dcmread(path, stop_before_pixels=True)
    shown = Dataset()
    for tag in dataset.keys():  # noqa: SIM118
        element = dataset.get_item(tag)
        if tag.group in GROUPS and _vr(element) not in ("SQ", None) and len(element.value or b"") <= LONGEST_VALUE:
            shown[tag] = element
    # ITK wants to see that there are some
    shown.add_new("PixelData", "OW", bytes(2))
    shown.is_little_endian, shown.is_implicit_VR = dataset.is_little_endian, dataset.is_implicit_VR
    shown.preamble, shown.file_meta = bytes(128), FileMetaDataset()
    kind = dataset.file_meta.get("MediaStorageSOPClassUID") or dataset.get("SOPClassUID")
    shown.file_meta.MediaStorageSOPClassUID = kind or UltrasoundImageStorage
    shown.file_meta.MediaStorageSOPInstanceUID = INSTANCE
    shown.file_meta.TransferSyntaxUID = _plain_syntax(dataset)
    content = BytesIO()
    dcmwrite(content, shown, write_like_original=False)
    with temporary_folder() as folder:
        ours = folder / "frame.dcm"
        try:
            # a view of it that an error keeps alive makes Python 3.12.1 crash
            ours.write_bytes(content.getvalue())
        except OSError as error:
            # a disk that is full does not say which one it is
            raise OSError(error.errno, error.strerror, str(ours)) from error
        return itk_frame(ours, "GDCMImageIO")


def _vr(element: RawDataElement | DataElement) -> str | None:
    """What an element is; None for one that only its maker knows, such as a private one."""
    if element.VR is not None:
        return str(element.VR)
    return str(dictionary_VR(element.tag)) if dictionary_has_tag(element.tag) else None


def _plain_syntax(dataset: FileDataset) -> str:
    if dataset.is_implicit_VR:
        return str(ImplicitVRLittleEndian)
    return str(ExplicitVRLittleEndian if dataset.is_little_endian else ExplicitVRBigEndian)
