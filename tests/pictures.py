"""Small images and masks in every file format, for tests."""

from __future__ import annotations

from pathlib import Path

import gdcm
import numpy as np
import pydicom
import SimpleITK as sitk
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, UltrasoundImageStorage, generate_uid


def speckle(rows: int, columns: int, seed: int = 0) -> NDArray[np.uint8]:
    """A grey picture in which no two rows, columns or corners look alike."""
    random = np.random.default_rng(seed)
    picture = random.integers(1, 200, (rows, columns), dtype=np.uint8)
    picture[: rows // 8, : columns // 8] = 255
    return picture


def write_itk(path: Path, pixels: NDArray[np.generic], spacing: tuple[float, float] = (1.0, 1.0), flat: bool = False) -> Path:
    """NIfTI or NRRD of shape (W, H, 1), or (W, H) when `flat`; spacing along (rows, columns)."""
    image = sitk.GetImageFromArray(pixels if flat else pixels[np.newaxis])
    image.SetSpacing((spacing[1], spacing[0]) if flat else (spacing[1], spacing[0], 1.0))
    sitk.WriteImage(image, str(path))
    return path


def write_volume(path: Path, voxels: NDArray[np.generic]) -> Path:
    """A volume of several slices, (slices, rows, columns)."""
    sitk.WriteImage(sitk.GetImageFromArray(voxels), str(path))
    return path


def write_dicom(
    path: Path,
    pixels: NDArray[np.generic],
    *,
    spacing: tuple[float, float] | None = None,
    photometric: str = "MONOCHROME2",
    frames: int = 1,
) -> Path:
    """DICOM ultrasound, uncompressed, of (rows, columns) or (rows, columns, 3) 8- or 16-bit pixels."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UltrasoundImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.is_little_endian, dataset.is_implicit_VR = True, False
    dataset.SOPClassUID, dataset.SOPInstanceUID = UltrasoundImageStorage, meta.MediaStorageSOPInstanceUID
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    dataset.PatientID, dataset.PatientName, dataset.Modality = "P1", "", "US"
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.SamplesPerPixel = 1 if pixels.ndim == 2 else 3
    if pixels.ndim == 3:
        dataset.PlanarConfiguration = 0
    dataset.PhotometricInterpretation = photometric
    bits = pixels.dtype.itemsize * 8
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = bits, bits, bits - 1, 0
    if frames > 1:
        dataset.NumberOfFrames = frames
    if spacing:
        region = Dataset()
        region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
        region.RegionLocationMinX0 = region.RegionLocationMinY0 = 0
        region.RegionLocationMaxX1, region.RegionLocationMaxY1 = dataset.Columns - 1, dataset.Rows - 1
        region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
        region.PhysicalDeltaY, region.PhysicalDeltaX = spacing[0] / 10, spacing[1] / 10
        dataset.SequenceOfUltrasoundRegions = Sequence([region])
    dataset.PixelData = np.ascontiguousarray(pixels).tobytes() * frames
    pydicom.dcmwrite(path, dataset, write_like_original=False)
    return path


def compress_dicom(plain: Path, path: Path, syntax: str) -> Path:
    """A copy of a DICOM file with its pixels in a transfer syntax that GDCM names `syntax`."""
    reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
    reader.SetFileName(str(plain))
    assert reader.Read()
    change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, syntax)))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    writer.SetFileName(str(path))
    assert writer.Write()
    return path


def write_picture(path: Path, pixels: NDArray[np.generic], **options: object) -> Path:
    """PNG, JPEG, TIFF or BMP by the name's ending."""
    Image.fromarray(pixels).save(path, **options)
    return path


def three_structures(rows: int, columns: int) -> NDArray[np.uint8]:
    """A mask with an ellipse for BRAIN and blocks for CSP and LV, off-centre, so that no flip or shift leaves it as it is."""
    y, x = np.mgrid[:rows, :columns]
    mask = (((x - 0.45 * columns) / (0.35 * columns)) ** 2 + ((y - 0.55 * rows) / (0.35 * rows)) ** 2 <= 1).astype(np.uint8)
    mask[int(0.5 * rows) : int(0.58 * rows), int(0.2 * columns) : int(0.3 * columns)] = 2
    mask[int(0.65 * rows) : int(0.72 * rows), int(0.45 * columns) : int(0.62 * columns)] = 3
    return mask


def every_kind(folder: Path, grey: NDArray[np.uint8]) -> None:
    """One image as every kind of file, in a folder; nifti, nrrd and dicom know their pixel size."""
    write_picture(folder / "png.png", grey)
    write_picture(folder / "rgb.png", np.stack([grey] * 3, axis=-1))
    write_picture(folder / "jpeg.jpg", grey, quality=95, dpi=(300, 150))
    write_picture(folder / "tiff.tif", grey, dpi=(72, 72))
    write_picture(folder / "bmp.bmp", grey)
    write_itk(folder / "nifti.nii.gz", grey, spacing=(0.2, 0.25))
    write_itk(folder / "flat.nii.gz", grey, flat=True)
    write_itk(folder / "nrrd.nrrd", grey, spacing=(0.2, 0.25))
    write_dicom(folder / "dicom.dcm", grey, spacing=(0.2, 0.25))
    write_dicom(folder / "unsized.dcm", grey)
