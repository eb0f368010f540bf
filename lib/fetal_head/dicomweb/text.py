"""Names as DICOM can keep them."""

from __future__ import annotations

from fetal_head.pseudonym import pseudonym

# of a person's name and of an id (LO); in both, these mean something else
LONGEST = 64
RESERVED = "\\="


def dicom_text(name: str) -> str:
    """A name in at most 64 characters; one that DICOM cannot keep as it is ends in its pseudonym, so that no two become one."""
    kept = "".join("_" if character in RESERVED or not character.isprintable() else character for character in name)
    if kept == name == name.strip()[:LONGEST]:
        return name
    mark = pseudonym(name)
    return f"{kept.strip()[: LONGEST - len(mark) - 1].strip()} {mark}".strip()
