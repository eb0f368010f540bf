"""Masks to submit, and what a store holds in the end."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from fetal_head.store.labels.settling import FINAL
from fetal_head.store.recovery.checking import check
from fetal_head.store.sql.tables import Base, Image, Reservation
from fetal_head.store.store import Store
from fetal_head.store.study import StudyDatastore
from fetal_head.store.worklist.pools import Pools
from fetal_head.store.worklist.reservations import reserve
from pictures import three_structures, write_itk

MASK = three_structures(60, 90)
# what is drawn by lot or told by the clock
BY_CHANCE = ("lot", "removed", "changed", "ctime_ns")


def mask_of(number: int) -> NDArray[np.uint8]:
    """A mask that no other number has."""
    mask = MASK.copy()
    mask[0, : 1 + number % 89] = 3
    mask[1, : 1 + number // 89] = 3
    return mask


def submit(study: StudyDatastore, image: str, number: int = 0, who: str = "ann", tag: str = FINAL, **said: Any) -> None:
    """Hands in a mask, as a client does."""
    with TemporaryDirectory() as folder:
        path = write_itk(Path(folder) / "mask.nrrd", mask_of(number))
        study.save_label(image, str(path), tag, {"client_id": who, **said})


def images_for(pools: Pools, who: str) -> list[str]:
    """The images that somebody can be given."""
    return pools.names(pools.pool(who)[0])


def next_image(study: StudyDatastore, who: str) -> str | None:
    """Gives somebody the first image by name that he can be given."""
    while candidates := images_for(Pools(study.store), who):
        if image := reserve(study.store, who, candidates):
            return image
    return None


def tables(store: Store) -> dict[str, list[dict[str, Any]]]:
    """All that the database says of images and submissions, but for what is left to chance."""
    with store.reading() as session:
        names = [t for t in Base.metadata.sorted_tables if t.name not in ("meta", Reservation.__tablename__)]
        rows = {t.name: [row._asdict() for row in session.execute(select(t).order_by(*t.primary_key))] for t in names}
    for image in rows[Image.__tablename__]:
        # which picture it was that is gone, no file tells
        image["picture"] = image["picture"] if image["removed"] is None else None
    return {name: [{k: v for k, v in row.items() if k not in BY_CHANCE} for row in found] for name, found in rows.items()}


def assert_whole(store: Store) -> None:
    """Files and database agree."""
    assert check(store) == []


def replace_image(study: StudyDatastore, picture: Path, *, is_seen_gone: bool) -> None:
    """Puts a copy of a picture in the place of image `a`, by hand."""
    folder = study.store.layout.folder
    (folder / "a.png").unlink(missing_ok=True)
    if is_seen_gone:
        study.refresh()
    shutil.copyfile(picture, folder / "a.png")
    study.refresh()
