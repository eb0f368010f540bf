"""What is known of a submitted mask or an image, as JSON beside it: from these files alone the database can be made again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fetal_head.store.tables import Image, Submission

# these follow from the rest
DERIVED = ("image", "current")


def submission_facts(row: Submission) -> dict[str, Any]:
    """What is known of a submission."""
    return {c.key: getattr(row, c.key) for c in Submission.__table__.columns if c.key not in DERIVED}


def image_facts(row: Image) -> dict[str, Any]:
    """What is known of an image beyond its file."""
    return {"file": row.file, "removed": row.removed, "info": row.info}


def as_bytes(facts: dict[str, Any]) -> bytes:
    """The text of a file of facts."""
    return json.dumps(facts, indent=1, ensure_ascii=False).encode()


def read_facts(path: Path) -> dict[str, Any] | None:
    """The facts in a file; None when there is none, or none of ours."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def read_submission(path: Path, image: str) -> Submission | None:
    """The submission that a file tells of; None when it tells of none."""
    facts = read_facts(path)
    names = {c.key for c in Submission.__table__.columns} - set(DERIVED)
    if facts is None or set(facts) != names:
        return None
    return Submission(image=image, current=False, **facts)
