"""Who works on which image, so that nobody does what somebody else is doing."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, select, update
from sqlalchemy.orm import Session

from fetal_head.store.people import ANONYMOUS
from fetal_head.store.settling import FINAL
from fetal_head.store.store import Store
from fetal_head.store.tables import LOTS, REJECTED, Image, Reservation, Submission


def open_images(store: Store, who: str, limit: int, *, shuffled: bool) -> list[str]:
    """Some of the images that `who` can be given, in the order of their names or in none.

    People without a name cannot be told apart: they get what no other of them holds, as long as there is any.
    """
    with store.reading() as session:
        for others in _others(who):
            # images that somebody has read already come first, so that they get done
            for readings in reversed(range(store.settings.readers)):
                found = _some(session, _open(store, who, others).where(Image.readings == readings), limit, shuffled)
                if found:
                    return found
    return []


def reserve_next(store: Store, who: str, *, shuffled: bool) -> str | None:
    """Gives `who` an image to label, by name or by chance; None when nothing is left for him."""
    while candidates := open_images(store, who, limit=8, shuffled=shuffled):
        if image := reserve(store, who, candidates):
            return image
    return None


def reserve(store: Store, who: str, candidates: Sequence[str]) -> str | None:
    """Gives `who` the first of the candidates that he can be given, and nobody else has it until the lease ends.

    All that he holds is his for a whole lease from now on. None when others were faster with every candidate.
    """
    with store.writing() as (session, _):
        until = _renew(session, store, who)
        for others in _others(who):
            free = set(session.scalars(_open(store, who, others).where(Image.id.in_(candidates))))
            chosen = next((image for image in candidates if image in free), None)
            if chosen is not None:
                session.merge(Reservation(image=chosen, who=who, until=until))
                return chosen
    return None


def renew(store: Store, who: str) -> None:
    """Called when `who` does something: what he holds is his for a whole lease from now on."""
    with store.reading() as session:
        holds = session.scalar(select(Reservation.image).where(Reservation.who == who).limit(1))
    if holds is not None:
        with store.writing() as (session, _):
            _renew(session, store, who)


def _renew(session: Session, store: Store, who: str) -> int:
    session.execute(delete(Reservation).where(~_holds(store)))
    until = int(time.time() + 60 * store.settings.lease_minutes)
    session.execute(update(Reservation).where(Reservation.who == who).values(until=until))
    return until


def _open(store: Store, who: str, others: ColumnElement[bool]) -> Select[Any]:
    """The images that have fewer readers than they should, counting those that hold them."""
    readers = store.settings.readers
    taken = (
        select(Reservation.image)
        .join(Image, Image.id == Reservation.image)
        .where(_holds(store), others)
        .group_by(Reservation.image, Image.readings)
        .having(Image.readings + func.count() >= readers)
    )
    there = select(Image.id).where(Image.removed.is_(None), Image.readings < readers, Image.id.not_in(taken))
    if readers == 1:
        return there
    his = select(Submission).where(
        Submission.image == Image.id,
        Submission.tag == FINAL,
        Submission.who == who,
        Submission.deleted.is_(None),
        Submission.status != REJECTED,
    )
    return there.where(~his.exists())


def _some(session: Session, images: Select[Any], limit: int, shuffled: bool) -> list[str]:
    if not shuffled:
        return list(session.scalars(images.order_by(Image.id).limit(limit)))
    # those that follow a random place in a random order
    place = random.randrange(LOTS)
    after = session.scalars(images.where(Image.lot >= place).order_by(Image.lot).limit(limit)).all()
    before = session.scalars(images.where(Image.lot < place).order_by(Image.lot).limit(limit - len(after))).all()
    return [*after, *before]


def _others(who: str) -> tuple[ColumnElement[bool], ...]:
    """Whose reservations count against `who`: those of all others; for one without a name at first also those in no name."""
    theirs = Reservation.who != who
    return (theirs | (Reservation.who == ANONYMOUS), theirs) if who == ANONYMOUS else (theirs,)


def _holds(store: Store) -> ColumnElement[bool]:
    """Not ended; and not longer than a lease, which only a clock that was set back can make it."""
    now = int(time.time())
    return and_(Reservation.until > now, Reservation.until <= now + 60 * store.settings.lease_minutes + 1)
