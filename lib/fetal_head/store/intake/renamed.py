"""Files that took each other's names, and have the very size and time that the one before had there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from fetal_head.batched import batched
from fetal_head.imaging.dicom_patient import read_patient
from fetal_head.stamp import Stamp
from fetal_head.store.files.layout import Picture
from fetal_head.store.labels.settling import mark
from fetal_head.store.labels.submissions import write_image_facts
from fetal_head.store.replaced import forget_other
from fetal_head.store.sql.database import ROWS_AT_ONCE
from fetal_head.store.sql.tables import Image
from fetal_head.store.store import Store


class Seen(NamedTuple):
    """What the database has of an image whose picture is known; the whole row would take each look two to three times as long."""

    id: str
    file: str
    size: int
    mtime_ns: int
    picture: str
    ctime_ns: int | None

    @property
    def stamp(self) -> Stamp:
        """Size and time of its file."""
        return Stamp(self.size, self.mtime_ns)


def look_at_renamed(store: Store) -> None:
    """Looks whether images with masks still hold the picture that these were made for, where a file was renamed or touched.

    What a device writes at a stroke, or an archive unpacks, has one time, and without compression one size. Of a file that holds
    another picture nobody knows yet which one that is: `know_pictures` looks at it.
    """
    with store.reading() as session:
        columns = (getattr(Image, name) for name in Seen._fields)
        rows = session.execute(select(*columns).where(Image.removed.is_(None), Image.picture.is_not(None))).tuples()
        known = map(Seen._make, rows)
        changed = [(image, ctime) for image in known if (ctime := _news(store.layout.folder, image)) is not None]
    for some in batched(changed, ROWS_AT_ONCE):
        # before the transaction, which others wait for
        looked = {image.id: _look(store.layout.folder / image.file, image) for image, _ in some}
        with store.writing() as (session, files):
            for seen, ctime in some:
                image, (is_same, patient) = session.get_one(Image, seen.id), looked[seen.id]
                if (image.picture, image.stamp) == (seen.picture, seen.stamp) and is_same is not None:
                    image.ctime_ns = ctime
                    image.picture = image.picture if is_same else None
                    if not is_same and forget_other(image, patient):
                        write_image_facts(files, store.layout, image)
            mark(session, [image for image, (is_same, _) in looked.items() if is_same is False])


def _news(folder: Path, image: Seen) -> int | None:
    """When an image's file was last renamed or changed; None where that is known, or size and time tell of another one anyway."""
    try:
        status = os.stat(folder / image.file)
    except OSError:
        return None
    is_as_known = Stamp(status.st_size, status.st_mtime_ns) == image.stamp
    return status.st_ctime_ns if is_as_known and status.st_ctime_ns != image.ctime_ns else None


def _look(path: Path, image: Seen) -> tuple[bool | None, str | None]:
    """As `_holds`, and whose another picture is. What the system cannot read now is left to the next look."""
    is_same = _holds(path, image)
    try:
        return is_same, read_patient(path) if is_same is False else None
    except OSError:
        return None, None


def _holds(path: Path, image: Seen) -> bool | None:
    """Whether a file holds an image's picture, or nobody knows when it was renamed; None where it cannot be read."""
    if image.ctime_ns is None:
        return True
    try:
        digest = Picture(path, image.stamp).digest()
    except OSError:
        return None
    return None if digest is None else digest == image.picture
