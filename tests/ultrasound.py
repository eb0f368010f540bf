"""Ultrasound of every kind that a PACS holds, of a phantom whose head and pixel size are known."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate
from pydicom.pixel_data_handlers.util import convert_color_space
from pydicom.uid import ImplicitVRLittleEndian, JPEGBaseline8Bit, generate_uid

from fetal_head.phantom import phantom
from pictures import compress_dicom, write_dicom

PHANTOM = phantom(4)
# Ultrasound Multi-frame Image Storage
MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.3.1"
FRAMES = 3
# as some machines write them: not in the way that DICOM libraries take for right
NAMES = ("Quimby Jane", "Ünzelmann Änne")


def written(folder: Path) -> dict[str, Path]:
    """A file of each kind, of two patients."""
    grey = PHANTOM.image
    colours = np.stack([grey] * 3, axis=-1)
    full = convert_color_space(colours, "RGB", "YBR_FULL")
    kinds = {
        "grey": write_dicom(folder / "grey.dcm", grey, spacing=PHANTOM.spacing),
        "unsized": write_dicom(folder / "unsized.dcm", grey),
        "rgb": write_dicom(folder / "rgb.dcm", colours, spacing=PHANTOM.spacing, photometric="RGB"),
        "ybr": write_dicom(folder / "ybr.dcm", full, spacing=PHANTOM.spacing, photometric="YBR_FULL"),
        "lossless": compress_dicom(folder / "grey.dcm", folder / "lossless.dcm", "JPEGLosslessProcess14_1"),
        "jpeg": _jpeg(folder / "jpeg.dcm"),
        "loop": _loop(folder / "loop.dcm"),
    }
    for kind, file in kinds.items():
        _named(file, NAMES[1] if kind == "loop" else NAMES[0], "P-2" if kind == "loop" else "P-1")
    return kinds


def damaged(file: Path) -> Path:
    """An image whose pixels nobody can read."""
    dataset = pydicom.dcmread(write_dicom(file, PHANTOM.image))
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset.PixelData = encapsulate([b"no picture at all" * 9])
    dataset["PixelData"].is_undefined_length = True
    dataset.save_as(file)
    _named(file, NAMES[0], "P-1")
    return file


def odd(folder: Path) -> list[Path]:
    """Loops that are wrong where no library expects it: two numbers of frames, an element that nobody can write again."""
    two, unsigned = _loop(folder / "two.dcm"), _loop(folder / "unsigned.dcm")
    dataset = pydicom.dcmread(two)
    dataset.NumberOfFrames = [FRAMES, FRAMES]
    dataset.save_as(two)
    dataset = pydicom.dcmread(unsigned)
    dataset.file_meta.TransferSyntaxUID, dataset.is_implicit_VR = ImplicitVRLittleEndian, True
    dataset.SmallestImagePixelValue = 0
    dataset.save_as(unsigned)
    # PixelRepresentation: it alone tells what kind of number the smallest value is
    unsigned.write_bytes(unsigned.read_bytes().replace(bytes.fromhex("28000301 02000000 0000"), b""))
    return [two, unsigned]


def _named(file: Path, name: str, patient: str) -> None:
    dataset = pydicom.dcmread(file)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName, dataset.PatientID = name, patient
    # a copy in another transfer syntax is another image here
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.save_as(file)


def _jpeg(file: Path) -> Path:
    dataset = pydicom.dcmread(
        write_dicom(file, np.stack([PHANTOM.image] * 3, axis=-1), spacing=PHANTOM.spacing, photometric="YBR_FULL_422")
    )
    stream = BytesIO()
    Image.fromarray(PHANTOM.image).convert("RGB").save(stream, format="JPEG", quality=95)
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset.PixelData = encapsulate([stream.getvalue()])
    dataset["PixelData"].is_undefined_length = True
    dataset.LossyImageCompression, dataset.LossyImageCompressionRatio = "01", "10"
    dataset.LossyImageCompressionMethod = "ISO_10918_1"
    dataset.save_as(file)
    return file


def _loop(file: Path) -> Path:
    dataset: FileDataset = pydicom.dcmread(write_dicom(file, PHANTOM.image, spacing=PHANTOM.spacing))
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = MULTI_FRAME
    dataset.NumberOfFrames, dataset.FrameTime = FRAMES, "40"
    dataset.FrameIncrementPointer = pydicom.tag.Tag("FrameTime")
    # each frame a little brighter than the one before
    dataset.PixelData = b"".join(np.clip(PHANTOM.image.astype(int) + n, 0, 255).astype(np.uint8).tobytes() for n in range(FRAMES))
    dataset.save_as(file)
    return file
