"""What is known of a submitted mask or an image, as JSON beside it: from these files alone the database can be made again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, ColumnElement

from fetal_head.labels import in_order
from fetal_head.store.files.left_out import leave_out
from fetal_head.store.said import check_kinds, check_values
from fetal_head.store.sql.tables import Base, Image, Submission

# these follow from the rest
DERIVED = ("image", "current")
# a file of before it was known does not tell it
PICTURE = "picture"
# nothing of it is told in the log, where no patient is named
SENSELESS = "what it says makes no sense: put back a whole one, or remove it"


def submission_facts(row: Submission) -> dict[str, Any]:
    """What is known of a submission."""
    facts = {c.key: getattr(row, c.key) for c in Submission.__table__.columns if c.key not in DERIVED}
    return {key: value for key, value in facts.items() if key != PICTURE or value is not None}


def image_facts(row: Image) -> dict[str, Any]:
    """What is known of an image beyond its file."""
    return {"file": row.file, "removed": row.removed, "info": row.info, "told_of": row.told_of}


def as_bytes(facts: dict[str, Any]) -> bytes:
    """The text of a file of facts."""
    return json.dumps(facts, indent=1, ensure_ascii=False).encode()


def read_facts(path: Path) -> dict[str, Any] | None:
    """The facts in a file; None when there is none, or none of ours. Raises OSError for what the system cannot read now."""
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def read_image_facts(path: Path) -> dict[str, Any]:
    """What a file tells of an image; nothing where it makes no sense."""
    facts = read_facts(path) or {}
    try:
        check_row(facts, Image)
    except (ValueError, TypeError):
        leave_out(path, SENSELESS)
        return {}
    return facts


def read_submission(path: Path, image: str) -> Submission | None:
    """The submission that a file tells of; None when it tells of none."""
    facts = read_facts(path)
    names = {c.key for c in Submission.__table__.columns} - set(DERIVED)
    if facts is None or {PICTURE, *facts} != names:
        return None
    try:
        check_row(facts, Submission)
    except (ValueError, TypeError):
        leave_out(path, SENSELESS)
        return None
    return Submission(image=image, current=False, **facts)


def check_row(facts: Mapping[str, Any], table: type[Base]) -> None:
    """Raises ValueError or TypeError for what no row of the table of images or submissions holds."""
    for key, value in facts.items():
        check_values(value)
        column = table.__table__.columns.get(key)
        if column is not None and not (value is None and column.nullable) and type(value) not in _kinds(column):
            raise ValueError(f"{key} cannot be {str(value)[:40]!r}")
    if table is Image:
        check_kinds(facts.get("info", {}))
    else:
        in_order(facts.get("annotated") or ())


def _kinds(column: ColumnElement[Any]) -> tuple[type, ...]:
    if isinstance(column.type, JSON):
        return (dict,) if column.key == "info" else (list,)
    kind = column.type.python_type
    # a whole number of seconds is written without a dot
    return (int, float) if kind is float else (kind,)
