"""Single-frame DICOM ultrasound: its pixels, where a viewer puts them and, where it tells, its pixel size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_file_meta_info
from pydicom.pixel_data_handlers.util import apply_color_lut, apply_modality_lut, convert_color_space
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    JPEG2000TransferSyntaxes,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    RLELossless,
)

from fetal_head.imaging.codestream import encoded_size, jpeg_colours
from fetal_head.imaging.decoder import Decoder
from fetal_head.imaging.dicom_frame import dicom_frame
from fetal_head.imaging.dicom_spacing import check_square, pixel_spacing
from fetal_head.imaging.geometry import Frame
from fetal_head.imaging.limits import check_pixels
from fetal_head.imaging.multiframe import frame_count

# DICOM PS3.3 C.7.6.3.1.2, those that ultrasound machines write
INTERPRETATIONS = ("MONOCHROME1", "MONOCHROME2", "RGB", "PALETTE COLOR", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
PALETTES = tuple(f"{colour}PaletteColorLookupTableData" for colour in ("Red", "Green", "Blue"))

_DECODER = Decoder()


def read_dicom(path: Path) -> tuple[NDArray[np.generic], tuple[float, float] | None, Frame]:
    """Pixels, (rows, columns) or (rows, columns, 3) RGB, mm per pixel along (rows, columns) or None, and their frame.

    Raises ValueError for a file without an image, with more than one frame, or with pixels that cannot be decoded or measured.
    """
    dataset = read_dataset(path)
    if not dataset.get("PixelData"):
        raise ValueError("is a DICOM file without an image")
    if "SharedFunctionalGroupsSequence" in dataset:
        raise ValueError("is an enhanced DICOM object, whose frames have places of their own; export it as a single 2D image")
    frames = frame_count(dataset)
    if frames != 1:
        raise ValueError(f"holds {frames} frames; one single 2D image is expected")
    _check_image(dataset)
    try:
        spacing = pixel_spacing(dataset)
        if spacing is None:
            check_square(dataset)
        return _pixels(dataset, path), spacing, dicom_frame(path)
    except (AttributeError, NotImplementedError, KeyError) as error:
        raise ValueError(f"its pixels cannot be decoded: {error}") from error


def read_dataset(path: Path, *, with_pixels: bool = True) -> FileDataset:
    """All that a DICOM file holds, its pixels not decoded, or not read. Raises ValueError for what is none, or packed."""
    try:
        # pydicom would unpack all of a deflated file, however large it grows
        if read_file_meta_info(path).get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
            raise ValueError("is deflated DICOM, which no ultrasound machine writes; save it uncompressed")
        return pydicom.dcmread(path, stop_before_pixels=not with_pixels)
    except InvalidDicomError as error:
        raise ValueError("is no DICOM file") from error


def _check_image(dataset: FileDataset) -> None:
    """Raises ValueError for pixels of another size or kind than the header says, or that no ultrasound machine writes."""
    size = int(dataset.Rows), int(dataset.Columns)
    samples, bits = int(dataset.get("SamplesPerPixel") or 1), int(dataset.BitsAllocated)
    check_pixels(size)
    interpretation = str(dataset.PhotometricInterpretation)
    is_wide = interpretation.startswith("YBR") and bits > 8
    if interpretation not in INTERPRETATIONS or samples not in (1, 3) or bits not in (8, 16, 32) or is_wide:
        raise ValueError(f"its pixels cannot be decoded: {samples} samples of {bits} bits, {interpretation}")
    stored, high = _places(dataset)
    if not 1 <= stored <= high + 1 <= bits:
        raise ValueError(f"its pixels cannot be decoded: {stored} bits of {bits}, the highest of them {high}")
    syntax = UID(dataset.file_meta.TransferSyntaxUID)
    if not syntax.is_transfer_syntax:
        raise ValueError(f"its pixels cannot be decoded: the transfer syntax {syntax} is unknown")
    # so some decompress JPEG; whether the colours are RGB by now nobody knows
    if interpretation == "YBR_FULL_422" and not syntax.is_compressed and len(dataset.PixelData) >= size[0] * size[1] * samples:
        raise ValueError("its header says YBR_FULL_422, its pixels have a chroma for each pixel; save it as RGB")
    encoded = encoded_size(dataset.PixelData) if syntax.is_compressed and syntax != RLELossless else size
    if encoded != size:
        raise ValueError(f"its header says {size[1]} x {size[0]} pixels, the picture in it has {encoded[1]} x {encoded[0]}")


def _pixels(dataset: FileDataset, path: Path) -> NDArray[np.generic]:
    pixels, interpretation = _decoded(dataset, path)
    if interpretation == "PALETTE COLOR":
        return _coloured(pixels, dataset)
    if interpretation.startswith("YBR"):
        return np.asarray(convert_color_space(pixels, interpretation, "RGB"))
    if interpretation.startswith("MONOCHROME"):
        if interpretation == "MONOCHROME1":
            pixels = 2 ** int(dataset.BitsStored) - 1 - pixels.astype(np.int32)
        return _rescaled(pixels, dataset)
    return pixels


def _rescaled(pixels: NDArray[np.generic], dataset: FileDataset) -> NDArray[np.generic]:
    """Grey values in the machine's own scale; a slope of nothing or 0, as some write it, tells of none."""
    if not dataset.get("ModalityLUTSequence") and not dataset.get("RescaleSlope"):
        return pixels
    dataset.RescaleIntercept = dataset.get("RescaleIntercept") or 0
    return np.asarray(apply_modality_lut(pixels, dataset))


def _coloured(pixels: NDArray[np.generic], dataset: FileDataset) -> NDArray[np.generic]:
    entries, first, _ = dataset.RedPaletteColorLookupTableDescriptor
    for name in PALETTES:
        if name in dataset:
            dataset[name].value = _native(dataset[name].value, entries or 65536, is_little=dataset.is_little_endian)
    palette = apply_color_lut(np.arange(first, first + (entries or 65536)), dataset)
    colours = np.asarray(apply_color_lut(pixels, dataset))
    # some write 8 bits of colour into 16
    return colours >> 8 if palette.max() > 255 else colours


def _native(palette: bytes, entries: int, *, is_little: bool) -> bytes:
    """A palette in 16 bits of this machine's order, as pydicom takes it to be; with 8 bits a colour it cuts indices to 8, too."""
    width = len(palette) // entries
    if width not in (1, 2):
        raise ValueError(f"its palette has {len(palette)} bytes for {entries} colours")
    kind = np.dtype(f"u{width}").newbyteorder("<" if is_little else ">")
    return np.frombuffer(palette, kind, entries).astype(np.uint16).tobytes()


def _decoded(dataset: FileDataset, path: Path) -> tuple[NDArray[np.generic], str]:
    syntax = UID(dataset.file_meta.TransferSyntaxUID)
    # pydicom decodes run lengths itself, in Python
    if syntax.is_compressed and syntax != RLELossless:
        pixels, interpretation = _DECODER.decode(path)
        return pixels, _colours(dataset, syntax, interpretation)
    return _stored_bits(dataset), str(dataset.PhotometricInterpretation)


def _stored_bits(dataset: FileDataset) -> NDArray[np.generic]:
    """Above and below the bits of a grey value there may be an overlay, or a sign that was not carried on; neither is grey."""
    stored, high = _places(dataset)
    above = int(dataset.BitsAllocated) - 1 - high
    return np.asarray(dataset.pixel_array << above >> int(dataset.BitsAllocated) - stored)


def _places(dataset: FileDataset) -> tuple[int, int]:
    """How many bits a grey value has, and which is the highest of them: the one that the standard asks for where none is said."""
    stored = int(dataset.get("BitsStored") or dataset.BitsAllocated)
    return stored, int(dataset.get("HighBit") or stored - 1)


def _colours(dataset: FileDataset, syntax: UID, said: str) -> str:
    """What the colours of decoded pixels are; that may be another thing than the header says."""
    if syntax in JPEG2000TransferSyntaxes and said in ("YBR_ICT", "YBR_RCT"):
        # a decoder of JPEG 2000 inverts the colour transforms that belong to it
        return "RGB"
    if syntax in (JPEGBaseline8Bit, JPEGExtended12Bit) and dataset.BitsAllocated == 8 and dataset.get("SamplesPerPixel") == 3:
        return jpeg_colours(dataset.PixelData) or said
    return said
