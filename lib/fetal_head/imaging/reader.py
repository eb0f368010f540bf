"""One reader for every image: what the network, the trainer and the exporters see is what this returns."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from fetal_head.imaging.dicom import read_dicom
from fetal_head.imaging.geometry import Frame, Geometry
from fetal_head.imaging.grey import to_grey
from fetal_head.imaging.limits import MIN_SIDE, check_file, check_pixel_size, refusing
from fetal_head.imaging.nifti import is_packed
from fetal_head.imaging.nrrd import nrrd_frames
from fetal_head.imaging.raster import SUFFIXES, check_exif, opened, raster_frame, raster_pixels
from fetal_head.imaging.units import nifti_unit, nrrd_unit
from fetal_head.imaging.volume import frame_of, plane_of, read_volume

EXTENSIONS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".nii.gz", ".nii", ".nrrd", ".dcm")
# the formats in which nothing but one plain picture is found when its header is that of one
PLAIN = ("PNG", "JPEG", "BMP")
# pixels, mm per pixel along (rows, columns) where the file tells, and their frame
Read = tuple[NDArray[np.generic], tuple[float, float] | None, Frame]


def read_image(path: str | Path) -> tuple[NDArray[np.float32], Geometry]:
    """Reads PNG, JPEG, TIFF, BMP, NIfTI, NRRD or single-frame DICOM ultrasound, told apart by content, not by name.

    Nothing but the file itself is read, and nothing is decoded before its header is known to be that of one image.

    Returns:
        The grey image, (rows, columns) float32 in the file's own range, and its geometry.

    Raises:
        ValueError: the file is no such image, is damaged, holds more than one frame, is too small or too large, or its pixels are
            said to have a size that no ultrasound has.
        OSError: there is no room among the system's temporary files, which some formats take.
    """
    path = Path(path)
    with refusing(path):
        check_file(path)
        pixels, spacing, frame = _READERS[_kind(path)](path)
        grey = to_grey(pixels)
        rows, columns = grey.shape
        if min(rows, columns) < MIN_SIDE:
            raise ValueError(f"{columns} x {rows} pixels; at least {MIN_SIDE} a side are accepted")
    return grey, Geometry((rows, columns), spacing, frame)


def read_geometry(path: str | Path) -> Geometry:
    """The geometry that `read_image` gives an image; of a plain picture only the header is read.

    Raises:
        ValueError: the file is no image that `read_image` reads, but for a plain picture whose pixels are damaged.
    """
    path = Path(path)
    # whatever is wrong or unusual, the whole reader says it
    with suppress(ValueError), refusing(path):
        check_file(path)
        if _kind(path) == "raster":
            with opened(path) as image:
                columns, rows = image.size
                if image.format in PLAIN and min(rows, columns) >= MIN_SIDE:
                    return Geometry(shape=(rows, columns), frame=raster_frame(path, image))
    return read_image(path)[1]


def is_dicom(path: Path) -> bool:
    """Whether a file is DICOM by its content, as ultrasound machines export them without an ending; not for their index."""
    with suppress(OSError):
        # to open a pipe would wait until somebody writes into it
        return path.name != "DICOMDIR" and path.is_file() and _begins_as_dicom(_head(path))
    return False


def _kind(path: Path) -> str:
    head = _head(path)
    if _begins_as_dicom(head):
        return "dicom"
    if head.startswith(b"NRRD"):
        return "nrrd"
    if head.startswith(b"\x1f\x8b") or head[344:347] in (b"n+1", b"ni1") or head[4:8] == b"n+2\0":
        return "nifti"
    return "raster"


def _begins_as_dicom(head: bytes) -> bool:
    return head[128:132] == b"DICM"


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(352)


def suffix_by_content(path: Path) -> str:
    """The ending by which viewers know a file of this content. Raises ValueError for what is no image of a kind that is read."""
    kind = _kind(path)
    if kind == "nifti":
        return ".nii.gz" if is_packed(path) else ".nii"
    if kind != "raster":
        return {"dicom": ".dcm", "nrrd": ".nrrd"}[kind]
    with refusing(path), opened(path) as image:
        return SUFFIXES[str(image.format)]


def check_upright(path: Path) -> None:
    """Raises ValueError for an image that the programs in which people annotate may show turned, as `check_exif` has it."""
    if _kind(path) == "raster":
        with refusing(path), opened(path) as image:
            check_exif(image)


def _read_raster(path: Path) -> Read:
    with opened(path) as image:
        frame = raster_frame(path, image)
        return raster_pixels(image), None, frame


def _read_nifti(path: Path) -> Read:
    return _read_itk(path, "NiftiImageIO", nifti_unit)


def _read_nrrd(path: Path) -> Read:
    image = _read_itk(path, "NrrdImageIO", nrrd_unit)
    frames = nrrd_frames(path)
    if frames != 1:
        raise ValueError(f"holds {frames} frames; one single 2D image is expected")
    return image


def _read_itk(path: Path, io: str, unit_of: Callable[[Path], float | None]) -> Read:
    volume = read_volume(path, io)
    array = sitk.GetArrayFromImage(volume)
    if volume.GetNumberOfComponentsPerPixel() > 1:
        channels = array.shape[-1]
        pixels: NDArray[np.generic] = np.stack([plane_of(array[..., c]) for c in range(channels)], axis=-1)
    else:
        pixels = plane_of(array)
    frame = frame_of(volume)
    (column, row), unit = frame.spacing[:2], unit_of(path)
    # exactly 1 x 1 is what writers put where nothing is known: taking it for millimetres would invent a size
    spacing = None if unit is None or (row, column) == (1.0, 1.0) else (row * unit, column * unit)
    check_pixel_size("it", spacing or ())
    return pixels, spacing, frame


_READERS = {"raster": _read_raster, "nifti": _read_nifti, "nrrd": _read_nrrd, "dicom": read_dicom}
