"""Who works on which image, so that nobody does what somebody else is doing."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from fetal_head.pseudonym import without_file
from fetal_head.store.errors import StoreError
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.labels.standing import standing
from fetal_head.store.people import ANONYMOUS
from fetal_head.store.sql.tables import Image, Reservation, Submission
from fetal_head.store.store import Store
from fetal_head.store.worklist.set_aside import is_set_aside

logger = logging.getLogger(__name__)


class Holder(NamedTuple):
    """Who holds which image."""

    image: str
    who: str


def holders(session: Session) -> list[Holder]:
    """Everybody who holds an image."""
    return [Holder(image, who) for image, who in session.execute(select(Reservation.image, Reservation.who).where(_holds()))]


def against(who: str, held: Sequence[Holder]) -> tuple[list[Holder], ...]:
    """The holders that count against `who`: all others; for one without a name at first also those without one."""
    theirs = [holder for holder in held if holder.who != who]
    nameless = [holder for holder in held if holder.who == ANONYMOUS]
    return (theirs + nameless, theirs) if who == ANONYMOUS else (theirs,)


def read_by(session: Session, store: Store, who: str) -> Sequence[str]:
    """The images that `who` has read and that somebody else may still have to."""
    if store.settings.readers == 1:
        return []
    his = select(Submission.image).where(Submission.tag == FINAL, Submission.who == who, standing(Submission))
    return session.scalars(his.distinct()).all()


def open_images(
    readings: NDArray[np.int64], places: Mapping[str, int], held: Sequence[Holder], read: Iterable[str], readers: int
) -> NDArray[np.bool_]:
    """(N,) whether somebody can be given each of N images: he did not read it, and others who did or hold it are too few.

    Args:
        readings: (N,) how many people have read each.
        places: image -> its place among the N; not all that are held or read need be there.
        held: those who hold an image and count against him.
        read: what he has read himself.
        readers: how many are wanted for each.
    """
    taken = readings.copy()
    for image, _ in held:
        if image in places:
            taken[places[image]] += 1
    is_open = taken < readers
    is_open[[places[image] for image in read if image in places]] = False
    return is_open


def reserve(store: Store, who: str, candidates: Sequence[str]) -> str | None:
    """Gives `who` the first of the candidates that he can be given, and nobody else has it until the lease ends.

    All that he holds is his for a whole lease from now on. None when others were faster with every candidate.
    """
    with store.writing() as (session, _):
        until = _renew(session, store, who)
        rows = select(Image.id, Image.readings, Image.info).where(Image.id.in_(candidates), Image.removed.is_(None))
        # somebody may have set one aside since the candidates were found
        found = {image: n for image, n, info in session.execute(rows) if not is_set_aside(info, who)}
        there = [image for image in candidates if image in found]
        readings, places = np.array([found[image] for image in there], dtype=np.int64), {i: n for n, i in enumerate(there)}
        read = read_by(session, store, who)
        held = holders(session)
        for others in against(who, held):
            is_open = open_images(readings, places, others, read, store.settings.readers)
            if is_open.any():
                chosen = there[int(is_open.argmax())]
                if Holder(chosen, who) not in held:
                    session.add(Reservation(image=chosen, who=who, until=until))
                return chosen
    return None


def limit_leases(store: Store) -> None:
    """Called when the study is opened, and when nothing is left to give: see `_limit`."""
    with store.writing() as (session, _):
        _limit(session, _end_of_lease(store))


def renew(store: Store, who: str) -> None:
    """Called when `who` does something: what he holds is his for a whole lease from now on.

    What he does goes on where that cannot be written down.
    """
    # who draws does something each second: he is written down again once a tenth of his lease is over
    old = Reservation.until < time.time() + 0.9 * 60 * store.settings.lease_minutes
    try:
        with store.reading() as session:
            is_old = session.scalar(select(Reservation.image).where(Reservation.who == who, old).limit(1)) is not None
        if is_old:
            with store.writing() as (session, _):
                _renew(session, store, who)
    except StoreError as error:
        logger.warning("a lease was not renewed: %s", without_file(error))


def _renew(session: Session, store: Store, who: str) -> int:
    session.execute(delete(Reservation).where(~_holds()))
    until = _end_of_lease(store)
    _limit(session, until)
    session.execute(update(Reservation).where(Reservation.who == who).values(until=until))
    return until


def _limit(session: Session, longest: int) -> None:
    """What ends later than a lease from now on would ends with it: leases were longer once, or the clock was set back."""
    session.execute(update(Reservation).where(Reservation.until > longest).values(until=longest))


def _end_of_lease(store: Store) -> int:
    return int(time.time() + 60 * store.settings.lease_minutes)


def _holds() -> ColumnElement[bool]:
    return Reservation.until > int(time.time())
