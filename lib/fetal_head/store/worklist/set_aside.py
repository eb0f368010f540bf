"""Images that are not to be given out: skipped by somebody, or flagged for somebody else to look at."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete

from fetal_head.store.labels.submissions import live_image, write_image_facts
from fetal_head.store.people import check_comment
from fetal_head.store.said import FLAG, SKIPPED
from fetal_head.store.sql.tables import Reservation
from fetal_head.store.store import Store


def skip(store: Store, image_id: str, who: str) -> None:
    """Gives an image back for others: `who` is not given it again. Raises StoreError (404) when there is none."""
    with store.writing() as (session, files):
        image = live_image(session, image_id)
        image.info = {**image.info, SKIPPED: sorted({*image.info.get(SKIPPED, []), who})}
        session.execute(delete(Reservation).where(Reservation.image == image_id, Reservation.who == who))
        write_image_facts(files, store.layout, image)


def flag(store: Store, image_id: str, who: str, comment: str) -> None:
    """Sets an image aside: nobody is given it until the flag is taken away, by an empty comment.

    Raises:
        StoreError: there is no such image (404), or the comment is none (422).
    """
    check_comment(comment)
    with store.writing() as (session, files):
        image = live_image(session, image_id)
        info = {key: value for key, value in image.info.items() if key != FLAG}
        if comment.strip():
            info[FLAG] = {"comment": comment.strip(), "who": who, "at": int(time.time())}
            session.execute(delete(Reservation).where(Reservation.image == image_id))
        image.info = info
        write_image_facts(files, store.layout, image)


def is_set_aside(info: Mapping[str, Any], who: str) -> bool:
    """Whether what is known of an image says that `who` is not to be given it."""
    return bool(info.get(FLAG)) or who in info.get(SKIPPED, [])
