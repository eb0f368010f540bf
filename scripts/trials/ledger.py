"""What clients were told, held against what the study folder has."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from sqlalchemy import select

from fetal_head.config import load_settings
from fetal_head.files import WRITING, strays_among
from fetal_head.imaging import read_mask
from fetal_head.store.labels.settling import FINAL, label_of
from fetal_head.store.recovery.checking import UNKNOWN, check
from fetal_head.store.sql.tables import Submission
from fetal_head.store.store import Store
from trials.masks import number_of


@dataclass
class Sent:
    """A submission by its client: when it was sent, and when it was over, acknowledged or not."""

    image: str
    begun: float
    ended: float = math.inf
    acknowledged: bool = False


@dataclass
class Look:
    """What one look at a study found: sentences of what must not be, and how many files of nobody."""

    wrong: list[str] = field(default_factory=list)
    leftovers: int = 0


class Ledger:
    """Every submission by the number in its mask. Clients write into it from any thread."""

    def __init__(self) -> None:
        self.sent: dict[int, Sent] = {}
        self._numbers = count(1)
        self._lock = threading.Lock()
        # (image, number in its history) -> number in the mask
        self._kept: dict[tuple[str, int], int] = {}

    def begin(self, image: str) -> int:
        """A number for a submission that is sent now."""
        with self._lock:
            number = next(self._numbers)
            self.sent[number] = Sent(image, time.monotonic())
        return number

    def end(self, number: int, acknowledged: bool) -> None:
        """The submission is over, or cannot come any more."""
        self.sent[number].ended, self.sent[number].acknowledged = time.monotonic(), acknowledged

    @property
    def acknowledged(self) -> int:
        """How many were acknowledged."""
        return sum(sent.acknowledged for sent in self.sent.values())

    @property
    def kept_unacknowledged(self) -> int:
        """How many are in the history though their client never heard so."""
        return sum(not self.sent[number].acknowledged for number in self._kept.values() if number in self.sent)

    def look(self, studies: Path) -> Look:
        """Holds the study against the ledger, while nobody submits; its server may be writing what it keeps for itself."""
        look = Look()
        look.wrong += [f"{path} was left behind" for path in strays_among(studies.rglob(f"{WRITING}*"))]
        store = Store.open(studies, load_settings().store)
        try:
            for sentence in check(store):
                if UNKNOWN in sentence:
                    look.leftovers += 1
                else:
                    look.wrong.append(sentence)
            self._history(store, look)
        finally:
            store.database.close()
        return look

    def _history(self, store: Store, look: Look) -> None:
        with store.reading() as session:
            rows = list(session.scalars(select(Submission).where(Submission.tag == FINAL).order_by(Submission.number)))
        for row in rows:
            if (row.image, row.number) not in self._kept:
                number = number_of(read_mask(store.layout.kept(row.image, row.number, row.suffix)))
                if number not in self.sent or self.sent[number].image != row.image or number in self._kept.values():
                    look.wrong.append(f"nobody submitted number {row.number} of {row.image} once ({number})")
                else:
                    self._kept[row.image, row.number] = number
        places = {number: place for place, number in self._kept.items()}
        for number, sent in self.sent.items():
            if sent.acknowledged and number not in places:
                look.wrong.append(f"submission {number} of {sent.image} was acknowledged and is lost")
        known = {(row.image, row.number) for row in rows}
        look.wrong += [f"number {place[1]} of {place[0]} is gone" for place in self._kept if place not in known]
        for row in rows:
            if row.current and (row.image, row.number) in self._kept:
                self._current(store, row, look)

    def _current(self, store: Store, row: Submission, look: Look) -> None:
        ours = self._kept[row.image, row.number]
        if number_of(read_mask(store.layout.plain(label_of(row)))) != ours:
            look.wrong.append(f"the plain label of {row.image} is not its current one")
        for number, sent in self.sent.items():
            if sent.image == row.image and sent.acknowledged and sent.begun > self.sent[ours].ended:
                look.wrong.append(f"the label of {row.image} is {ours}, though {number} was sent after it and acknowledged")
