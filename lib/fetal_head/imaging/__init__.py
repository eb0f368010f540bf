"""Any supported file -> one grey image and its geometry; a mask -> what a viewer reads."""

from fetal_head.imaging.axes import read_label
from fetal_head.imaging.geometry import Frame, Geometry
from fetal_head.imaging.mask import Mask, annotated_in, check_mask
from fetal_head.imaging.mask_reader import read_mask
from fetal_head.imaging.mask_writer import WRITTEN, write_mask
from fetal_head.imaging.reader import EXTENSIONS, is_dicom, read_geometry, read_image, suffix_by_content

__all__ = [
    "EXTENSIONS",
    "WRITTEN",
    "Frame",
    "Geometry",
    "Mask",
    "annotated_in",
    "check_mask",
    "is_dicom",
    "read_geometry",
    "read_image",
    "read_label",
    "read_mask",
    "suffix_by_content",
    "write_mask",
]
