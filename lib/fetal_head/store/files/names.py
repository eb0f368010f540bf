"""What the names of images and labels in a study folder say."""

from __future__ import annotations

import os

from fetal_head.files import WRITING, suffix_of
from fetal_head.imaging import EXTENSIONS
from fetal_head.imaging.mask_reader import MASK_EXTENSIONS

NOT_READ_BACK = "its id ends like the first half of an extension, and its labels would be another image's: call it otherwise"
TOO_LONG = "its name is so long that no label can be called after it: call it otherwise"
# file systems take 255 bytes, and a backup writes a mask under a longer name before it takes its place
LONGEST_ID = 255 - len(WRITING) - max(map(len, MASK_EXTENSIONS))


def split_name(name: str) -> tuple[str, str]:
    """The id of the image or label in a file of that name, and the file's extension."""
    # asked a hundred thousand times in a row, so the slower way is for double extensions only
    image, suffix = os.path.splitext(name)
    if suffix.lower() in (".gz", ".nrrd"):
        suffix = name[len(name) - len(suffix_of(name)) :]
        image = name[: len(name) - len(suffix)]
    return image, suffix


def why_not(image: str) -> str | None:
    """Why no image can have that id; None when it can."""
    if not _is_read_back(image):
        return NOT_READ_BACK
    return TOO_LONG if len(os.fsencode(image)) > LONGEST_ID else None


def _is_read_back(image: str) -> bool:
    """Whether every file that is called after an id tells that id again: `a.seg` with `.nrrd` is a segmentation of `a`."""
    # nothing but what stands behind a dot can go over to the extension
    suffixes = (*EXTENSIONS, *MASK_EXTENSIONS) if "." in image else ()
    return all(split_name(f"{image}{suffix}") == (image, suffix) for suffix in suffixes)
