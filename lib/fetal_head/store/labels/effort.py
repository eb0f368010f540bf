"""What people changed of predictions, by the version of the model that predicted: is it saving work?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from fetal_head.evaluation.effort import effort
from fetal_head.imaging import read_mask
from fetal_head.imaging.limits import lack_of
from fetal_head.labels import NAMES
from fetal_head.store.files.layout import Layout
from fetal_head.store.labels import queries
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.labels.standing import last_of_its_person
from fetal_head.store.labels.submissions import find_submission
from fetal_head.store.sql.derived import Effort
from fetal_head.store.sql.tables import Submission
from fetal_head.store.store import Store

# by structure what `evaluation.effort.Effort` has
Measured = dict[str, dict[str, float | None]]


@dataclass(frozen=True)
class StructureEffort:
    """One structure in the labels that were corrected from one version's predictions.

    Attributes:
        labels: how many speak of it.
        apl, changed: medians in pixels; see `evaluation.effort`.
        dice: mean Dice of prediction and label over those that have it; None where none has.
        n: how many have it.
    """

    labels: int
    apl: float
    changed: float
    dice: float | None
    n: int


@dataclass(frozen=True)
class VersionEffort:
    """The labels that were corrected from one version's predictions.

    Attributes:
        labels: how many; the figures below are over them.
        accepted: share of those that were submitted as they were predicted, in all that they speak of.
        apl, changed: medians in pixels, all structures of a label together.
        structures: by name, those that a label speaks of.
    """

    model: str
    labels: int
    accepted: float
    apl: float
    changed: float
    structures: dict[str, StructureEffort]


def efforts(store: Store) -> list[VersionEffort]:
    """By model version, the one whose labels began first first. What is not measured yet does not count.

    It counts the last standing label of each person for each image, where it is not rejected, and not one that batch inference
    made.
    """
    with store.reading() as session:
        rows = session.execute(
            _labels()
            .join(Effort, (Effort.image == Submission.image) & (Effort.number == Submission.number))
            .where(Effort.structures.is_not(None))
            .with_only_columns(Submission.model, Effort.structures)
            .order_by(Submission.at)
        )
        found: dict[str, list[Measured]] = {}
        for model, structures in rows:
            if structures is not None:
                found.setdefault(model or "", []).append(structures)
    return [_summary(model, labels) for model, labels in found.items()]


def effort_of(store: Store, image: str, number: int) -> Measured | None:
    """By structure, what was changed for one submission; None where that is not measured or there was no prediction.

    Raises:
        StoreError: there is no such submission (404).
    """
    with store.reading() as session:
        find_submission(session, image, number)
        row = session.get(Effort, (image, number))
        return row.structures if row else None


def measure_efforts(store: Store, limit: int | None = None, wait: Callable[[], None] = lambda: None) -> int:
    """Measures the labels that nobody has measured yet, at most `limit` of them, and returns how many.

    Masks are never changed once they are submitted, so each label is measured once; again when it is said to speak of other
    structures. What the system cannot read now is left for the next time. `wait` is called before each.
    """
    with store.reading() as session:
        known = select(Effort).where(Effort.image == Submission.image, Effort.number == Submission.number)
        # in another order each time: those that cannot be read hold up no others
        rows = session.scalars(_labels().where(~known.exists()).order_by(func.random()).limit(limit)).all()
        pairs = [(row, session.get(Submission, (row.image, row.prediction))) for row in rows]
    count = 0
    for label, prediction in pairs:
        wait()
        try:
            measured = _measure(store.layout, label, prediction)
        except (ValueError, OSError) as error:
            if lack_of(error):
                continue
            measured = None
        with store.writing() as (session, _):
            _keep(session, label, measured)
        count += 1
    return count


def _labels() -> Select[Any]:
    return select(Submission).where(
        Submission.tag == FINAL,
        Submission.prediction.is_not(None),
        last_of_its_person(Submission),
        # what batch inference keeps as a label is what was predicted, and nobody's work
        Submission.info["params"].as_string().is_(None),
    )


def _measure(layout: Layout, label: Submission, prediction: Submission | None) -> Measured | None:
    """By annotated structure, what was changed; None without a prediction. Raises ValueError for masks that do not compare."""
    if prediction is None:
        return None
    predicted, final = (read_mask(layout.kept(row.image, row.number, row.suffix)) for row in (prediction, label))
    return {name: asdict(found) for name, found in effort(predicted, final, queries.spoken_of(label, final)).items()}


def _keep(session: Session, label: Submission, structures: Measured | None) -> None:
    # meanwhile the database may have been made again, another process have measured it, or somebody said of what it speaks
    row = session.get(Submission, (label.image, label.number))
    if row is not None and row.annotated == label.annotated:
        session.merge(Effort(image=label.image, number=label.number, structures=structures))


def _summary(model: str, labels: Sequence[Measured]) -> VersionEffort:
    changed = [_total(label, "changed") for label in labels]
    by_name = {name: [label[name] for label in labels if name in label] for name in NAMES}
    return VersionEffort(
        model=model,
        labels=len(labels),
        accepted=sum(pixels == 0 for pixels in changed) / len(labels),
        apl=float(np.median([_total(label, "apl") for label in labels])),
        changed=float(np.median(changed)),
        structures={name: _of_structure(found) for name, found in by_name.items() if found},
    )


def _of_structure(found: Sequence[dict[str, float | None]]) -> StructureEffort:
    dice = [value for each in found if (value := each["dice"]) is not None]
    apl, changed = (float(np.median([each[what] or 0 for each in found])) for what in ("apl", "changed"))
    return StructureEffort(len(found), apl, changed, float(np.mean(dice)) if dice else None, len(dice))


def _total(label: Measured, what: str) -> float:
    return sum(found[what] or 0 for found in label.values())
