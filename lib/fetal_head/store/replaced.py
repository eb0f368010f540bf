"""What was said of a file and holds no more, once another one has its name."""

from __future__ import annotations

import logging

from fetal_head.pseudonym import pseudonym
from fetal_head.store.said import SPACING, SPACING_OF, told_spacing
from fetal_head.store.sql.tables import Image

LOST = "the image %s is another file than the one whose pixel size was told: its own is unknown until it is told"

logger = logging.getLogger(__name__)


def is_another(image: Image, digest: str) -> bool:
    """Whether a file of this SHA-256 is another picture than the one that is known, or whose pixel size was told."""
    return (image.picture or image.info.get(SPACING_OF)) not in (None, digest)


def forget_size(image: Image) -> bool:
    """Takes it away where the other file has as many bytes, which `told_of` does not tell apart; False where there was none."""
    if told_spacing(image.info) is None or image.told_of != image.size:
        return False
    image.info = {**image.info, SPACING: None}
    return True


def name_patient(image: Image, patient: str | None) -> bool:
    """Whether the file is of another patient than the one before it: then what was said of that one's is not taken over."""
    before, image.file_patient = image.file_patient, patient
    own = {} if patient is None else {"patient": patient}
    is_of_another = before is not None and before != patient
    image.info = {**own, **{key: value for key, value in image.info.items() if key != "patient" or not is_of_another}}
    return is_of_another


def forget_other(image: Image, patient: str | None) -> bool:
    """Takes away what was said of another file of the same size, whose patient is not this one's; whether there was anything."""
    if has_lost_size := forget_size(image):
        logger.warning(LOST, pseudonym(image.id))
    return name_patient(image, patient) or has_lost_size
