"""What people changed of predictions, by the version of the model that predicted: is it saving work?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from fetal_head.imaging import annotated_in, read_mask
from fetal_head.labels import NAMES
from fetal_head.selection.effort import effort
from fetal_head.store.layout import Layout
from fetal_head.store.settling import FINAL
from fetal_head.store.store import Store
from fetal_head.store.tables import REJECTED, Effort, Submission


@dataclass(frozen=True)
class VersionEffort:
    """The labels that were corrected from one version's predictions.

    Attributes:
        labels: how many; the figures below are over them.
        accepted: share of those that were submitted as they were predicted.
        apl: median added path length in pixels, all structures together; see `selection.effort`.
        dice: mean Dice of prediction and label by structure; None where no label has the structure.
        n: by structure, how many labels its Dice is a mean of.
        changed: median of the changed pixels, all structures together.
    """

    model: str
    labels: int
    accepted: float
    apl: float
    changed: float
    dice: dict[str, float | None]
    n: dict[str, int]


def efforts(store: Store) -> list[VersionEffort]:
    """By model version, the one whose labels began first first. What is not measured yet does not count.

    It counts the last standing label of each person for each image, where it is not rejected, and not one that was only
    restored.
    """
    with store.reading() as session:
        rows = session.execute(
            _labels()
            .join(Effort, (Effort.image == Submission.image) & (Effort.number == Submission.number))
            .where(Effort.structures.is_not(None))
            .with_only_columns(Submission.model, Effort.structures)
            .order_by(Submission.at)
        )
        found: dict[str, list[dict[str, dict[str, float | None]]]] = {}
        for model, structures in rows:
            if structures is not None:
                found.setdefault(model or "", []).append(structures)
    return [_summary(model, labels) for model, labels in found.items()]


def measure_efforts(store: Store, limit: int | None = None, wait: Callable[[], None] = lambda: None) -> int:
    """Measures the labels that nobody has measured yet, at most `limit` of them, and returns how many.

    Masks are never changed once they are submitted, so each label is measured once. `wait` is called before each.
    """
    with store.reading() as session:
        known = select(Effort).where(Effort.image == Submission.image, Effort.number == Submission.number)
        rows = session.scalars(_labels().where(~known.exists()).limit(limit)).all()
        pairs = [(row, session.get(Submission, (row.image, row.prediction))) for row in rows]
    for label, prediction in pairs:
        wait()
        measured = _measure(store.layout, label, prediction)
        with store.writing() as (session, _):
            _keep(session, label, measured)
    return len(pairs)


def _labels() -> Select[Any]:
    later = aliased(Submission)
    last = (
        select(func.max(later.number))
        .where(
            later.image == Submission.image,
            later.who == Submission.who,
            later.tag == FINAL,
            later.deleted.is_(None),
            later.status != REJECTED,
        )
        .scalar_subquery()
    )
    return select(Submission).where(
        Submission.tag == FINAL,
        Submission.prediction.is_not(None),
        Submission.number == last,
        Submission.info["restored"].as_string().is_(None),
    )


def _measure(layout: Layout, label: Submission, prediction: Submission | None) -> dict[str, dict[str, float | None]] | None:
    """By annotated structure, what was changed; None when the prediction was lost or the masks cannot be compared."""
    if prediction is None:
        return None
    try:
        predicted, final = (read_mask(layout.kept(row.image, row.number, row.suffix)) for row in (prediction, label))
        names = annotated_in(final) if label.annotated is None else [name for name in NAMES if name in label.annotated]
        return {name: asdict(found) for name, found in effort(predicted, final, names).items()}
    except ValueError:
        return None


def _keep(session: Session, label: Submission, structures: dict[str, dict[str, float | None]] | None) -> None:
    # meanwhile the database may have been made again, or another process have measured it
    if session.get(Submission, (label.image, label.number)) is not None:
        session.merge(Effort(image=label.image, number=label.number, structures=structures))


def _summary(model: str, labels: Sequence[dict[str, dict[str, float | None]]]) -> VersionEffort:
    apl, changed = ([sum(found[what] or 0 for found in label.values()) for label in labels] for what in ("apl", "changed"))
    dice = {n: [d for label in labels if n in label and (d := label[n]["dice"]) is not None] for n in NAMES}
    return VersionEffort(
        model=model,
        labels=len(labels),
        accepted=sum(pixels == 0 for pixels in changed) / len(labels),
        apl=float(np.median(apl)),
        changed=float(np.median(changed)),
        dice={name: float(np.mean(values)) if values else None for name, values in dice.items()},
        n={name: len(values) for name, values in dice.items()},
    )
