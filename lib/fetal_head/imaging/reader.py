"""One reader for every image: what the network, the trainer and the exporters see is what this returns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from fetal_head.imaging.dicom import read_dicom
from fetal_head.imaging.geometry import Frame, Geometry
from fetal_head.imaging.grey import to_grey

EXTENSIONS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".nii.gz", ".nii", ".nrrd", ".dcm")
RASTER_SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "TIFF": ".tif", "BMP": ".bmp"}
RASTER_FORMATS = tuple(RASTER_SUFFIXES)
MAX_PIXELS = 64_000_000
MIN_SIDE = 16


def read_image(path: str | Path) -> tuple[NDArray[np.float32], Geometry]:
    """Reads PNG, JPEG, TIFF, BMP, NIfTI, NRRD or single-frame DICOM ultrasound, told apart by content, not by name.

    Returns:
        The grey image, (rows, columns) float32 in the file's own range, and its geometry.

    Raises:
        ValueError: the file is no such image, is damaged, holds more than one frame, or is too small or too large.
    """
    path = Path(path)
    try:
        pixels, geometry = _READERS[_kind(path)](path)
        grey = to_grey(pixels)
    except (OSError, ValueError, TypeError, RuntimeError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path.name}: {error}") from error
    rows, columns = grey.shape
    if min(rows, columns) < MIN_SIDE or rows * columns > MAX_PIXELS:
        allowed = f"at least {MIN_SIDE} a side and at most {MAX_PIXELS} in all are accepted"
        raise ValueError(f"{path.name}: {columns} x {rows} pixels; {allowed}")
    return grey, replace(geometry, shape=(rows, columns), source=path.name)


def _kind(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(352)
    if head[128:132] == b"DICM":
        return "dicom"
    if head.startswith(b"NRRD"):
        return "nrrd"
    if head.startswith(b"\x1f\x8b") or head[344:347] in (b"n+1", b"ni1") or head[4:8] == b"n+2\0":
        return "nifti"
    return "raster"


def suffix_by_content(path: Path) -> str:
    """The ending by which viewers know a file of this content. Raises ValueError for what is no image of a kind that is read."""
    kind = _kind(path)
    if kind == "nifti":
        with path.open("rb") as file:
            return ".nii.gz" if file.read(2) == b"\x1f\x8b" else ".nii"
    if kind != "raster":
        return {"dicom": ".dcm", "nrrd": ".nrrd"}[kind]
    try:
        with _open_raster(path) as image:
            return RASTER_SUFFIXES[str(image.format)]
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(str(error)) from error


def read_volume(path: Path, io: str) -> sitk.Image:
    """A NIfTI or NRRD file as ITK reads it. Raises ValueError with ITK's own last words if it cannot."""
    reader = sitk.ImageFileReader()
    reader.SetImageIO(io)
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
        _check_pixels(reader.GetSize())
        return reader.Execute()
    except RuntimeError as error:
        raise ValueError(f"cannot be read as {io.removesuffix('ImageIO')}: {str(error).strip().splitlines()[-1]}") from error


def frame_of(image: sitk.Image | sitk.ImageFileReader) -> Frame:
    """The frame of an ITK image of any dimension; axes that it lacks are the plain ones."""
    dimension = min(image.GetDimension(), 3)
    direction = np.eye(3)
    matrix = np.asarray(image.GetDirection()).reshape(image.GetDimension(), image.GetDimension())
    direction[:dimension, :dimension] = matrix[:dimension, :dimension]
    origin = (*image.GetOrigin()[:dimension], *(0.0,) * (3 - dimension))
    spacing = (*image.GetSpacing()[:dimension], *(1.0,) * (3 - dimension))
    return Frame((origin[0], origin[1], origin[2]), (spacing[0], spacing[1], spacing[2]), tuple(direction.ravel().tolist()))


def itk_frame(path: Path) -> Frame:
    """The frame that ITK gives a file without decoding it; the plain one for a file that ITK has no reader for."""
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError:
        return Frame()
    return frame_of(reader)


def plane_of(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """(1, ..., rows, columns) -> (rows, columns). Raises ValueError when more than one plane is there."""
    if array.ndim < 2 or any(size != 1 for size in array.shape[:-2]):
        raise ValueError(f"holds {' x '.join(map(str, array.shape))} values; one single 2D image is expected")
    return array.reshape(array.shape[-2:])


def _check_pixels(size: tuple[int, ...]) -> None:
    if np.prod([float(n) for n in size]) > MAX_PIXELS:
        raise ValueError(f"{' x '.join(map(str, size))} pixels are more than the {MAX_PIXELS} that are accepted")


def _open_raster(path: Path) -> Image.Image:
    try:
        return Image.open(path, formats=RASTER_FORMATS)
    except UnidentifiedImageError as error:
        raise ValueError("is no PNG, JPEG, TIFF, BMP, NIfTI, NRRD or DICOM image") from error


def _read_raster(path: Path) -> tuple[NDArray[np.generic], Geometry]:
    with _open_raster(path) as image:
        _check_pixels(image.size)
        if getattr(image, "n_frames", 1) > 1:
            raise ValueError(f"holds {getattr(image, 'n_frames', 1)} frames; one single 2D image is expected")
        # EXIF orientation stays unapplied: ITK ignores it too, and image and mask must agree in the viewer
        if image.mode in ("P", "CMYK", "YCbCr", "LAB", "HSV"):
            image = image.convert("RGB")
        elif image.mode in ("1", "LA", "PA", "La"):
            image = image.convert("L" if image.mode in ("1", "LA", "La") else "RGB")
        pixels = np.asarray(image)
    return pixels, Geometry(shape=(0, 0), frame=itk_frame(path))


def _read_nifti(path: Path) -> tuple[NDArray[np.generic], Geometry]:
    return _read_itk(path, "NiftiImageIO")


def _read_nrrd(path: Path) -> tuple[NDArray[np.generic], Geometry]:
    return _read_itk(path, "NrrdImageIO")


def _read_itk(path: Path, io: str) -> tuple[NDArray[np.generic], Geometry]:
    volume = read_volume(path, io)
    array = sitk.GetArrayFromImage(volume)
    if volume.GetNumberOfComponentsPerPixel() > 1:
        channels = array.shape[-1]
        pixels: NDArray[np.generic] = np.stack([plane_of(array[..., c]) for c in range(channels)], axis=-1)
    else:
        pixels = plane_of(array)
    frame = frame_of(volume)
    column, row = frame.spacing[:2]
    # exactly 1 x 1 is what writers put where nothing is known: taking it for millimetres would invent a size
    spacing = None if (row, column) == (1.0, 1.0) else (row, column)
    return pixels, Geometry(shape=(0, 0), spacing=spacing, frame=frame)


def _read_dicom(path: Path) -> tuple[NDArray[np.generic], Geometry]:
    pixels, spacing = read_dicom(path)
    return pixels, Geometry(shape=(0, 0), spacing=spacing, frame=itk_frame(path))


_READERS = {"raster": _read_raster, "nifti": _read_nifti, "nrrd": _read_nrrd, "dicom": _read_dicom}
