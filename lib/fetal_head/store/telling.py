"""What is said of the images of a study folder, for those who read it without a server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select

from fetal_head.config import StoreSettings
from fetal_head.stamp import Stamp, stamp_of
from fetal_head.store.files.layout import Layout
from fetal_head.store.intake.index import annotated_of, read_index
from fetal_head.store.intake.scan import take_in
from fetal_head.store.labels import queries
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.said import FILE_SIZE, Told, said_of_file, told_spacing
from fetal_head.store.sql.tables import Image
from fetal_head.store.store import Store


def told_in(folder: Path, settings: StoreSettings) -> dict[str, Told]:
    """What is said of the images of a folder, by file name: by its store, or by its index where it was never served.

    A pixel size counts while the file has the size in bytes of the one that it was told of, where anything says that.

    Raises:
        ValueError: the store cannot be used, or the index is damaged.
    """
    layout = Layout(folder)
    # no store is made by looking
    if stamp_of(layout.database) or stamp_of(layout.identity):
        return _by_store(folder, settings)
    return _by_index(layout)


def _by_store(folder: Path, settings: StoreSettings) -> dict[str, Told]:
    store = Store.open(folder, settings)
    take_in(store)
    with store.reading() as session:
        objects = queries.objects(session, store.layout).values()
        stamps = {image.file: image.stamp for image in session.scalars(select(Image))}
    found = ((each["image"]["info"], each["labels"].get(FINAL, {}).get("info", {})) for each in objects)
    return {image["name"]: _told(image, label, stamps[image["name"]]) for image, label in found}


def _by_index(layout: Layout) -> dict[str, Told]:
    index = read_index(layout.index)
    labels = {image: info for (image, tag, _), info in index.labels.items() if tag == FINAL}
    files = layout.image_files(lambda _: None) if index.images else {}
    return {
        # an index of stock MONAI Label does not name the size of a file
        name: _told(said_of_file(info, info.get(FILE_SIZE), stamp.size), labels.get(image, {}), stamp)
        for image, (name, stamp) in files.items()
        if (info := index.images.get(image)) is not None
    }


def _told(image: Mapping[str, Any], label: Mapping[str, Any], stamp: Stamp) -> Told:
    annotated = annotated_of(label)
    return Told(told_spacing(image), image.get("patient") or None, tuple(annotated) if annotated else None, stamp)
