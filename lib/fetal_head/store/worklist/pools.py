"""The images that somebody can be given, with their scores, as the strategies want them; all but who has what stays in memory."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal_head.selection.pool import Features, Numbers, Pool
from fetal_head.store.intake.scan import BORN
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.sql.tables import Meta, Submission
from fetal_head.store.store import Store
from fetal_head.store.worklist.image_table import ImageTable
from fetal_head.store.worklist.reservations import Holder, against, holders, open_images, read_by
from fetal_head.store.worklist.score_table import ScoreTable

# submissions of all people among which somebody's last one is looked for
LATEST = 256


class Pools:
    """Reads all images and scores once and then only what is new, so that a choice among many thousand takes no time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._images = ImageTable()
        self._scores = ScoreTable()
        self._born: str | None = None

    def pool(self, who: str, leaving: str = "", unread: str = "") -> tuple[NDArray[np.intp], Pool]:
        """The N images that `who` can be given, as (N,) numbers, and what is known of them. It waits for no score.

        `leaving` is the image that is before him and that he does not want again.
        Images that are known to be damaged are not among them, nor is the one that was `unread` just now.
        Until an image is scored anew, an older model's score counts.
        """
        with self._lock, self._store.reading() as session:
            self._refresh(session)
            held = holders(session)
            images = self._images.rows
            valid, readable = self._scores.are_usable(images)
            usable = images["is_wanted"] & readable
            usable[[place for place, people in self._images.skipped.items() if who in people]] = False
            if unread:
                usable[self._images.places[unread]] = False
            rows = self._open(session, who, held, usable)
            taken = self._taken(held)
            recent = {*(holder.image for holder in held), *_last_labelled(session, who)}
            patients = images["patient"][self._known(recent)]
            pool = Pool(
                size=len(rows),
                read_score=partial(self._read_score, self._scores, rows=rows, valid=valid[rows]),
                features=partial(self._read_features, self._scores, rows, valid),
                read_taken_features=partial(self._read_features, self._scores, taken, valid, slice(None)),
                taken=len(taken),
                recent=np.isin(images["patient"][rows], patients, kind="table"),
                left=rows == self._images.places.get(leaving, -1),
            )
            return rows, pool

    def names(self, images: NDArray[np.intp]) -> list[str]:
        """What images are called, given their (N,) numbers."""
        with self._lock:
            return list(self._images.rows["name"][images])

    def model_of(self, image: str) -> str | None:
        """The version of the model that scored an image."""
        with self._lock:
            return self._scores.model_of(self._images.places[image])

    def _refresh(self, session: Session) -> None:
        born = session.scalar(select(Meta.value).where(Meta.key == BORN))
        if born is None or born != self._born:  # the database was made again and counts from the beginning
            self._images, self._scores, self._born = ImageTable(), ScoreTable(), born
        self._images.refresh(session)
        self._scores.refresh(session, self._images.places)

    def _open(self, session: Session, who: str, held: Sequence[Holder], usable: NDArray[np.bool_]) -> NDArray[np.intp]:
        """The rows of the usable images that `who` can be given, by name.

        Images that somebody has read already are all that is open as long as there are any, so that they get done. People
        without a name cannot be told apart: they get what no other of them holds, as long as there is any.
        """
        readers, images = self._store.settings.readers, self._images.rows
        read = read_by(session, self._store, who)
        for others in against(who, held):
            is_open = usable & open_images(images["readings"], self._images.places, others, read, readers)
            for readings in reversed(range(readers)):
                chosen: NDArray[np.bool_] = is_open & (images["readings"] == readings)
                if chosen.any():
                    return self._images.rows_by_name(chosen)
        return np.empty(0, dtype=np.intp)

    def _taken(self, held: Sequence[Holder]) -> NDArray[np.intp]:
        """The rows of the images that are labelled or that somebody holds."""
        images = self._images.rows
        is_taken = images["is_wanted"] & (images["readings"] > 0)
        is_taken[self._known({holder.image for holder in held})] = True
        return np.flatnonzero(is_taken)

    def _known(self, images: set[str]) -> list[int]:
        return [self._images.places[image] for image in images]

    def _read_score(self, scores: ScoreTable, name: str, rows: NDArray[np.intp], valid: NDArray[np.bool_]) -> Numbers:
        with self._lock:
            return scores.of(name, rows, valid)

    def _read_features(
        self, scores: ScoreTable, rows: NDArray[np.intp], valid: NDArray[np.bool_], positions: NDArray[np.intp] | slice
    ) -> Features:
        chosen = rows[positions]
        with self._lock:
            return scores.features(chosen, valid[chosen])


def _last_labelled(session: Session, who: str) -> Sequence[str]:
    """The images that somebody submitted last, all in the same second, if that was not long ago."""
    columns = select(Submission.image, Submission.who, Submission.at)
    latest = session.execute(columns.where(Submission.tag == FINAL).order_by(Submission.at.desc()).limit(LATEST)).all()
    own = [(image, at) for image, name, at in latest if name == who]
    return [image for image, at in own if at == own[0][1]]
