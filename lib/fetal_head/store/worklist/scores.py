"""What models make of the images: written by the one who scores, read by those who choose."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session

from fetal_head.labels import NAMES, SMALL
from fetal_head.model.scoring import Score as Scored
from fetal_head.pseudonym import pseudonym
from fetal_head.stamp import Stamp
from fetal_head.store.sql.derived import Score
from fetal_head.store.sql.tables import Image, Meta
from fetal_head.store.store import Store

SCORED_BY = "scored by"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unscored:
    """An image that a model has to look at."""

    id: str
    path: Path
    stamp: Stamp

    @property
    def key(self) -> str:
        """Names the image and its state."""
        return f"{self.id} {self.stamp.size} {self.stamp.mtime_ns}"


class Written(NamedTuple):
    """A score as the database has it, see `derived.Score`."""

    image: str
    size: int
    mtime_ns: int
    model: str
    turn: int
    entropy: list[float] | None
    bald: list[float] | None
    seen: list[bool] | None
    feature: bytes | None


def unscored(store: Store, model: str, limit: int) -> list[Unscored]:
    """Some of the images that a model has not scored, those first that are most likely to be asked for.

    That is what has no label; of that, what the model before was least sure of; and then in a random order.
    """
    with store.reading() as session:
        rows = session.execute(
            select(Image.id, Image.file, Image.size, Image.mtime_ns)
            .outerjoin(Score, and_(Score.image == Image.id, counts()))
            .where(Image.removed.is_(None), Score.image.is_(None) | (Score.model != model))
            .order_by(Image.readings > 0, Score.doubt.is_(None), Score.doubt.desc(), Image.lot)
            .limit(limit)
        )
        return [Unscored(i, store.layout.folder / file, Stamp(size, mtime_ns)) for i, file, size, mtime_ns in rows]


def forget_others(store: Store, model: str, made_by: str) -> None:
    """Lets images be scored again that a model of this name scored, but not as `made_by` says; meanwhile their scores count.

    Other weights can have come under the same name, with an update of the package or a new app folder, and settings change.
    """
    key = f"{SCORED_BY} {model}"
    with store.writing() as (session, _):
        known = session.get(Meta, key)
        if known is None or known.value != made_by:
            session.execute(update(Score).where(Score.model == model).values(model=""))
            session.merge(Meta(key=key, value=made_by))


def write_scores(store: Store, model: str, scored: Sequence[tuple[Unscored, Scored | str]]) -> None:
    """Keeps what a model made of images, in place of what the one before did; or the sentence why an image cannot be read."""
    with store.writing() as (session, _):
        turn = last_turn(session)
        for number, (image, found) in enumerate(scored, start=turn + 1):
            told: dict[str, Any] = dict.fromkeys(("entropy", "bald", "seen", "feature", "doubt", "problem"))
            if isinstance(found, str):
                told["problem"] = found
                logger.warning("the image %s cannot be read; the work list tells why", pseudonym(image.id))
            else:
                told |= {"entropy": list(found.entropy), "bald": list(found.bald), "seen": list(found.seen)}
                told |= {"feature": found.feature.tobytes(), "doubt": _doubt(found.entropy)}
            session.merge(Score(image=image.id, **image.stamp._asdict(), model=model, turn=number, **told))


def _doubt(entropy: Sequence[float]) -> float:
    """Of CSP and LV, by which `hybrid` asks."""
    return float(np.mean([value for name, value in zip(NAMES, entropy, strict=True) if name in SMALL]))


def scores_since(session: Session, turn: int) -> Iterable[Written]:
    """The scores written after a turn, in their order."""
    columns = (getattr(Score, name) for name in Written._fields)
    return map(Written._make, session.execute(select(*columns).where(Score.turn > turn).order_by(Score.turn)).tuples())


def last_turn(session: Session) -> int:
    """The turn of the newest score; 0 when there is none."""
    return session.scalar(select(func.max(Score.turn))) or 0


def counts() -> ColumnElement[bool]:
    """The condition that a score is of the image file that is there now."""
    return and_(Score.size == Image.size, Score.mtime_ns == Image.mtime_ns)
