"""Whether a mask lies on its image pixel by pixel, as the axes tell that both files name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from fetal_head.files import suffix_of
from fetal_head.imaging.dicom_frame import dicom_frame
from fetal_head.imaging.geometry import Frame
from fetal_head.imaging.mask import Mask
from fetal_head.imaging.mask_reader import read_mask
from fetal_head.imaging.reader import suffix_by_content
from fetal_head.imaging.volume import itk_frame

# the kinds of file that say in space which way their axes run
FRAMES: dict[str, Callable[[Path], Frame]] = {
    ".dcm": dicom_frame,
    **dict.fromkeys((".nii", ".nii.gz"), partial(itk_frame, io="NiftiImageIO")),
    **dict.fromkeys((".nrrd", ".seg.nrrd"), partial(itk_frame, io="NrrdImageIO")),
}
# of the cosines of an axis, which NIfTI keeps in single precision
SAME_AXIS = 0.01


def check_axes(image: Path, mask: Path) -> None:
    """Raises ValueError for a NIfTI or NRRD mask whose axes run otherwise in space than those of its DICOM, NIfTI or NRRD image.

    Viewers lay one over the other as their axes say, `read_mask` pixel by pixel. Both files have to be ones that could be read.
    """
    # an image may bear another ending than its kind has
    kinds = (suffix_by_content(image), image), (suffix_of(mask), mask)
    axes = [FRAMES[kind](path).direction for kind, path in kinds if kind in FRAMES]
    if len(axes) == 2 and not np.allclose(axes[0], axes[1], rtol=0, atol=SAME_AXIS):
        raise ValueError(
            f"{mask.name}: its axes run otherwise in space than those of its image, so that it is turned or mirrored; "
            "save it on the image's own pixels"
        )


def read_label(image: Path, label: Path, shape: tuple[int, int]) -> Mask:
    """The mask that lies beside its image, as `read_mask` reads it.

    Who copies one into a study may have saved it on other axes: what is seen in his viewer is not what its pixels say.

    Raises:
        ValueError: it is no mask of `shape`, or its axes run otherwise than those of its image.
    """
    mask = read_mask(label, shape)
    check_axes(image, label)
    return mask
