"""Which picture the file of an image holds, so that no mask counts for another one than it was made for."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence

from sqlalchemy import or_, select

from fetal_head.batched import batched
from fetal_head.pseudonym import pseudonym
from fetal_head.stamp import ctime_of
from fetal_head.store.files.layout import QUIET_SECONDS, Picture
from fetal_head.store.labels.adding import write_facts
from fetal_head.store.labels.settling import mark, settle
from fetal_head.store.labels.strangers import cannot_be_read
from fetal_head.store.labels.submissions import write_image_facts
from fetal_head.store.replaced import forget_other, is_another
from fetal_head.store.said import SPACING_OF
from fetal_head.store.sql.database import ROWS_AT_ONCE
from fetal_head.store.sql.tables import Image, Submission
from fetal_head.store.store import Store

logger = logging.getLogger(__name__)


def know_pictures(store: Store, beside: Collection[str]) -> bool:
    """Looks at files that came, of images that have a past, a label `beside` them or a pixel size that was told of one picture.

    The others need not be read. The pixel size of another picture is forgotten, and labels of it do not count until that comes
    back. Those of which nobody knows what they were made for are from now on of the one that they count for, once its file is
    quiet: half a file is no picture. False when one is not quiet yet, or cannot be read now.
    """
    unknown = select(Image).where(Image.removed.is_(None), Image.picture.is_(None))
    of_image = select(Submission.number).where(Submission.image == Image.id)
    with store.reading() as session:
        is_measured = Image.info[SPACING_OF].as_string().is_not(None)
        came = {image.id: image for image in session.scalars(unknown.where(or_(of_image.exists(), is_measured)))}
        is_told = of_image.where(Submission.picture.is_not(None)).exists()
        told = {image.id for image in session.scalars(unknown.where(or_(is_told, is_measured)))}
        for ids in batched(sorted(beside), ROWS_AT_ONCE):
            came |= {image.id: image for image in session.scalars(unknown.where(Image.id.in_(ids)))}
    whole = [image for image in came.values() if image.id in told or image.stamp.is_quiet(QUIET_SECONDS)]
    looked_at = 0
    for some in batched(whole, ROWS_AT_ONCE):
        # before the transaction, which others wait for
        digests = [(image, digest) for image in some if (digest := _digest(store, image))]
        _write(store, digests)
        looked_at += len(digests)
    return looked_at == len(came)


def _digest(store: Store, image: Image) -> str | None:
    try:
        return Picture(store.layout.folder / image.file, image.stamp).digest()
    except OSError as error:
        cannot_be_read(store.layout.folder / image.file, error)
        return None


def _write(store: Store, found: Sequence[tuple[Image, str]]) -> None:
    with store.writing(many=True) as (session, files):
        digests = {}
        for seen, digest in found:
            image = session.get(Image, seen.id)
            # otherwise somebody was faster, or yet another file came
            if image and image.picture is None and image.stamp == seen.stamp:
                if is_another(image, digest) and forget_other(image, image.file_patient):
                    write_image_facts(files, store.layout, image)
                image.picture = digests[image.id] = digest
                image.ctime_ns = ctime_of(store.layout.folder / image.file)
        rows = session.scalars(select(Submission).where(Submission.image.in_(digests))).all()
        told = {row.image for row in rows if row.picture is not None}
        for row in rows:
            if row.picture is None:
                row.picture = digests[row.image]
                write_facts(files, store.layout, row)
        astray = {row.image for row in rows if row.deleted is None and row.picture != digests[row.image]}
        mark(session, list(digests))
        for image_id in sorted(told):
            settle(session, files, store.layout, image_id)
    for image_id in sorted(astray):
        message = "the image %s is another picture than before: the labels of that one count when it comes back, or are restored"
        logger.warning(message, pseudonym(image_id))
