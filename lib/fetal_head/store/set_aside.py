"""Images that are not to be given out: skipped by somebody, or flagged for somebody else to look at."""

from __future__ import annotations

import time

from sqlalchemy import delete

from fetal_head.store.errors import StoreError
from fetal_head.store.facts import as_bytes, image_facts
from fetal_head.store.said import check_text
from fetal_head.store.store import Store
from fetal_head.store.submissions import live_image
from fetal_head.store.tables import Reservation

# what is known of an image: {"comment", "who", "at"}; and a list of names
FLAG, SKIPPED = "flag", "skipped"
LONGEST_COMMENT = 10_000


def skip(store: Store, image_id: str, who: str) -> None:
    """Gives an image back for others: `who` is not given it again. Raises StoreError (404) when there is none."""
    with store.writing() as (session, files):
        image = live_image(session, image_id)
        image.info = {**image.info, SKIPPED: sorted({*image.info.get(SKIPPED, []), who})}
        session.execute(delete(Reservation).where(Reservation.image == image_id, Reservation.who == who))
        files.put(store.layout.image_facts(image_id), as_bytes(image_facts(image)))


def flag(store: Store, image_id: str, who: str, comment: str) -> None:
    """Sets an image aside: nobody is given it until the flag is taken away, by an empty comment.

    Raises:
        StoreError: there is no such image (404), or the comment is none (422).
    """
    try:
        check_text("the comment", comment, LONGEST_COMMENT)
    except ValueError as error:
        raise StoreError(422, str(error)) from error
    with store.writing() as (session, files):
        image = live_image(session, image_id)
        info = {key: value for key, value in image.info.items() if key != FLAG}
        if comment.strip():
            info[FLAG] = {"comment": comment.strip(), "who": who, "at": int(time.time())}
            session.execute(delete(Reservation).where(Reservation.image == image_id))
        image.info = info
        files.put(store.layout.image_facts(image_id), as_bytes(image_facts(image)))
