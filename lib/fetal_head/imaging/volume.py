"""NIfTI and NRRD as ITK reads and writes them, and where ITK puts any file's pixels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from fetal_head.files import temporary_folder
from fetal_head.imaging.geometry import Frame
from fetal_head.imaging.limits import check_lengths, check_pixels
from fetal_head.imaging.nifti import check_nifti, is_packed
from fetal_head.imaging.nrrd import check_nrrd

CHECKS = {"NrrdImageIO": check_nrrd, "NiftiImageIO": check_nifti}
# bytes for a header, and the share of pixels that do not pack by which packing makes them longer
HEADER, UNPACKABLE = 4096, 0.001


def read_volume(path: Path, io: str) -> sitk.Image:
    """A file as ITK's `NiftiImageIO` or `NrrdImageIO` reads it. Raises ValueError with ITK's own last words if it cannot."""
    CHECKS[io](path)
    with _reader(path, io) as reader:
        try:
            reader.ReadImageInformation()
            check_pixels(reader.GetSize())
            check_frame(frame_of(reader))
            return reader.Execute()
        except RuntimeError as error:
            said = str(error).strip().splitlines()[-1]
            raise ValueError(f"cannot be read as {io.removesuffix('ImageIO')}: {said}") from error


def write_volume(path: Path, pixels: NDArray[np.generic], frame: Frame) -> None:
    """Writes (rows, columns) pixels so that viewers show them as they are: (W, H, 1), packed, in the format of the file's ending.

    Raises:
        OSError: the disk does not take it.
    """
    volume = sitk.GetImageFromArray(np.ascontiguousarray(pixels)[np.newaxis])
    volume.SetOrigin(frame.origin)
    volume.SetSpacing(frame.spacing)
    volume.SetDirection(frame.direction)
    # on a full disk ITK writes a part of the file, or nothing, and says nothing: the system says whether there is room
    path.write_bytes(bytes(HEADER + int(pixels.nbytes * (1 + UNPACKABLE))))
    sitk.WriteImage(volume, str(path), True)


def itk_frame(path: Path, io: str) -> Frame:
    """The frame that one of ITK's readers gives a file without decoding it; the plain one for a file that it cannot read."""
    with _reader(path, io) as reader:
        try:
            reader.ReadImageInformation()
        except RuntimeError:
            return Frame()
        frame = frame_of(reader)
    check_frame(frame)
    return frame


def frame_of(image: sitk.Image | sitk.ImageFileReader) -> Frame:
    """The frame of an ITK image of any dimension; axes that it lacks are the plain ones."""
    dimension = min(image.GetDimension(), 3)
    direction = np.eye(3)
    matrix = np.asarray(image.GetDirection()).reshape(image.GetDimension(), image.GetDimension())
    direction[:dimension, :dimension] = matrix[:dimension, :dimension]
    origin = (*image.GetOrigin()[:dimension], *(0.0,) * (3 - dimension))
    spacing = (*image.GetSpacing()[:dimension], *(1.0,) * (3 - dimension))
    return Frame((origin[0], origin[1], origin[2]), (spacing[0], spacing[1], spacing[2]), tuple(direction.ravel().tolist()))


def check_frame(frame: Frame) -> None:
    """Raises ValueError for a frame in which nothing can lie: a mask could not be written into it."""
    check_lengths("spacing", frame.spacing, positive=True)
    check_lengths("origin", frame.origin)
    check_lengths("direction", frame.direction)


def plane_of(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """(1, ..., rows, columns) -> (rows, columns). Raises ValueError when more than one plane is there."""
    if array.ndim < 2 or any(size != 1 for size in array.shape[:-2]):
        raise ValueError(f"holds {' x '.join(map(str, array.shape))} values; one single 2D image is expected")
    return array.reshape(array.shape[-2:])


@contextmanager
def _reader(path: Path, io: str) -> Iterator[sitk.ImageFileReader]:
    reader = sitk.ImageFileReader()
    reader.SetImageIO(io)
    with _nifti_alone(path) if io == "NiftiImageIO" else nullcontext(path) as shown:
        reader.SetFileName(str(shown))
        yield reader


@contextmanager
def _nifti_alone(path: Path) -> Iterator[Path]:
    """A NIfTI file with nothing beside it: of an x.nii.gz beside an x.nii, ITK takes the pixels from the latter."""
    with temporary_folder() as folder:
        # ITK goes by the name, and knows a NIfTI by no other
        alone = folder / ("image.nii.gz" if is_packed(path) else "image.nii")
        alone.symlink_to(path.absolute())
        yield alone
