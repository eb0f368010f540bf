"""Whose image it is, told by its name: images of one patient must never be split."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from unicodedata import normalize

FETAL_PLANES_NAME = re.compile(r"(Patient\d+)(?![0-9A-Za-z])", re.IGNORECASE)
HC18_NAME = re.compile(r"(\d+)_\d*HC", re.IGNORECASE)


def patient_of(image_id: str) -> str:
    """The patient of an image in FETAL_PLANES_DB's or HC18's naming; elsewhere every image is its own patient.

    HC18 numbers its patients, so the number alone could be anyone's: `010_HC` and `010_2HC` are both `HC18-010`.
    """
    if match := FETAL_PLANES_NAME.match(image_id):
        return match[1].capitalize()
    if match := HC18_NAME.fullmatch(image_id):
        return f"HC18-{match[1]}"
    return image_id


def known_patients(images: Iterable[tuple[str, str]], known: Collection[str]) -> set[str]:
    """The patients of images, each (id, patient), who are known by their own name or by what an image's name says.

    The latter is whom a model has learned from if nobody had told the image's patient yet.
    """
    same = set(map(same_name, known))
    return {patient for image_id, patient in images if {same_name(patient), same_name(patient_of(image_id))} & same}


def same_name(name: str) -> str:
    """A name however it was written: a Mac puts an accent behind its letter, others have one sign for both.

    For telling two names that were read in different places; never for `patient_of` or the split, which hold for ever.
    """
    return normalize("NFC", name).strip()
