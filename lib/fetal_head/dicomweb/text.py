"""Names as DICOM can keep them."""

from __future__ import annotations

# of a person's name and of an id (LO); in both, these mean something else
LONGEST = 64
RESERVED = "\\="


def dicom_text(name: str) -> str:
    """A name, less what DICOM cannot keep, in at most 64 characters."""
    kept = "".join("_" if character in RESERVED or not character.isprintable() else character for character in name)
    return kept[:LONGEST].strip()
