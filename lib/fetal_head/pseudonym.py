"""What a log calls an image, whose id can be a patient's name."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterable
from hashlib import sha256

# what they find odd in a DICOM file they quote, names of patients too
QUOTING = ("pydicom", "highdicom")


def pseudonym(image_id: str) -> str:
    """The first 12 hexadecimal digits of the SHA-256 of an image's id; `fetal-head store which` finds the image again."""
    return sha256(image_id.encode(errors="surrogatepass")).hexdigest()[:12]


def nameless(text: str, image_ids: Iterable[str]) -> str:
    """A text in which the images are called by their pseudonyms, wherever their ids stand as whole words."""
    # the longest first: one id may be the beginning of another
    for image_id in sorted({i for i in image_ids if i and i in text}, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(image_id)}(?!\w)", pseudonym(image_id), text)
    return text


def without_file(error: Exception) -> str:
    """What an error says, less the file that it is about, which may be called after a patient."""
    cause = error if isinstance(error, OSError) else error.__cause__
    return f"{type(error).__name__}: {cause.strerror}" if isinstance(cause, OSError) and cause.strerror else str(error)


def quiet_dicom() -> None:
    """From now on the libraries that read and make DICOM files say only what goes wrong, and nobody's name."""
    for name in QUOTING:
        logging.getLogger(name).setLevel(logging.ERROR)
        warnings.filterwarnings("ignore", module=rf"{name}(\.|$)")
