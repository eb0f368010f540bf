"""DICOM UIDs that follow from what they name: made twice for the same thing, they are the same."""

from __future__ import annotations

from uuid import UUID, uuid5

ROOT = "2.25."
# drawn once, so that nobody else's names lead to our UIDs
NAMESPACE = UUID("5d1f9b0e-4f0e-5b63-9d5a-0c1f0e6a7c52")


def uid_of(*name: object) -> str:
    """The UID of what has a name of several parts. Anything whose text is always the same is a name."""
    # the lengths keep ("ab", "c") and ("a", "bc") apart
    text = "".join(f"{len(str(part))}:{part}" for part in name)
    return uid_in(NAMESPACE, text)


def uid_in(namespace: UUID, name: str) -> str:
    """The UID of one name among others: a UUID of its own, below the root of those (DICOM PS3.5 B.2)."""
    return f"{ROOT}{uuid5(namespace, name).int}"
