"""The images of a study with what was done to each, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, func, select
from sqlalchemy.orm import Session, aliased

from fetal_head.store.errors import StoreError
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.labels.standing import last_of_its_person, of_its_picture
from fetal_head.store.said import FLAG
from fetal_head.store.sql.derived import Effort, Score
from fetal_head.store.sql.tables import APPROVED, REJECTED, SUBMITTED, Image, Submission
from fetal_head.store.store import Store
from fetal_head.store.worklist.reservations import holders
from fetal_head.store.worklist.scores import counts

Status = Literal["open", "flagged", "submitted", "approved", "rejected"]
OPEN, FLAGGED = "open", "flagged"
_OLD = aliased(Submission)
_REJECTED = (
    select(_OLD.number)
    .where(_OLD.image == Image.id, _OLD.tag == FINAL, _OLD.status == REJECTED, _OLD.deleted.is_(None), of_its_picture(_OLD))
    .correlate(Image)
    .exists()
)
_SHOWN = (Image, Submission, Effort.structures, _REJECTED, Score.problem)


@dataclass(frozen=True)
class Page:
    """Some of the images that were asked for, and how many there are in all."""

    total: int
    images: list[dict[str, Any]]


def worklist(store: Store, search: str = "", status: Status | None = None, limit: int = 50, offset: int = 0) -> Page:
    """The images in the order of their names.

    Each with `id`; `status`; `held_by`, who works on it now; `who`, `at`, `number`, `model` and `annotated` of its
    label; `dice`, of that label and the prediction that it was corrected from, the mean over its structures; `flag` with
    `comment`, `who`, `at`; `problem`, why its file cannot be read, so that nobody is given it. What there is not is None.

    Args:
        search: letters that the id holds, whatever their case.
        status: `open` has no label, `rejected` none but a rejected one, and `flagged` is set aside whatever its label.
    """
    there = [Image.removed.is_(None), *([store.database.holds(Image.id, search)] if search else [])]
    if status:
        there.append(_has(status))
    with store.reading() as session:
        total = session.scalar(_joined(select(func.count()), Submission.current, *there)) or 0
        rows = _joined(select(*_SHOWN), Submission.current, *there)
        page = session.execute(rows.order_by(Image.id).limit(limit).offset(offset)).tuples()
        return Page(total, _told(session, list(page)))


def work(store: Store, image_id: str, who: str) -> dict[str, Any]:
    """One image as `worklist` has it, for `who` to work on.

    Where several people are to read each image, its label is the one that he submitted himself: nobody begins with the outlines
    of another, for readers who do agree with whoever came first.

    Raises:
        StoreError: there is no such image (404).
    """
    his = and_(Submission.who == who, last_of_its_person(Submission))
    with store.reading() as session:
        label = Submission.current if store.settings.readers == 1 else his
        rows = _joined(select(*_SHOWN), label, Image.removed.is_(None), Image.id == image_id)
        found = _told(session, list(session.execute(rows).tuples()))
    if not found:
        raise StoreError(404, f"there is no image '{image_id}'")
    return found[0]


def _joined(rows: Select[Any], shown: SQLColumnExpression[bool], *conditions: ColumnElement[bool]) -> Select[Any]:
    """With each image that of its labels which is `shown`, the effort that it took, and its score."""
    label = and_(Submission.image == Image.id, Submission.tag == FINAL, shown)
    taken = and_(Effort.image == Submission.image, Effort.number == Submission.number)
    score = and_(Score.image == Image.id, counts())
    joined = rows.select_from(Image).outerjoin(Submission, label).outerjoin(Effort, taken).outerjoin(Score, score)
    return joined.where(*conditions)


def _has(status: Status) -> ColumnElement[bool]:
    flagged: ColumnElement[bool] = Image.info[FLAG].as_string().is_not(None)
    if status == FLAGGED:
        return flagged
    if status in (SUBMITTED, APPROVED):
        return and_(~flagged, Submission.status == status)
    return and_(~flagged, Submission.image.is_(None), _REJECTED if status == REJECTED else ~_REJECTED)


def _told(session: Session, rows: list[Any]) -> list[dict[str, Any]]:
    held = {holder.image: holder.who for holder in holders(session)} if rows else {}
    return [_row(held.get(found[0].id), *found) for found in rows]


def _row(
    holder: str | None, image: Image, label: Submission | None, structures: Any, rejected: bool, problem: str | None
) -> dict[str, Any]:
    flag = image.info.get(FLAG)
    status = FLAGGED if flag else label.status if label else REJECTED if rejected else OPEN
    dices = [found["dice"] for found in (structures or {}).values() if found["dice"] is not None]
    return {
        "id": image.id,
        "status": status,
        "held_by": holder,
        "who": label.who if label else None,
        "at": label.at if label else None,
        "number": label.number if label else None,
        "model": label.model if label else None,
        "annotated": label.annotated if label else None,
        "dice": float(np.mean(dices)) if dices else None,
        "flag": flag,
        "problem": problem,
    }
