"""The labelled set as one file, for those who ask MONAI Label for it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fetal_head.files import replacing
from fetal_head.store.errors import StoreError
from fetal_head.store.files.layout import Layout

if TYPE_CHECKING:
    from fetal_head.learning.samples import Labelled


def write_archive(layout: Layout, labels: Sequence[Labelled], index: dict[str, Any]) -> Path:
    """A zip of image/, label/ and the index of both. It replaces the last one: nobody clears up behind a download.

    Raises:
        StoreError: there is no label (404), or a file was taken away or an image replaced meanwhile (503).
    """
    if not labels:
        raise StoreError(404, "there is no label yet")
    to = layout.hidden / "dataset.zip"
    wanted = {label.id for label in labels}
    objects = {image: entry for image, entry in index["objects"].items() if image in wanted}
    # a zip knows no time before 1980, and a copied file may have one
    with replacing(to) as temporary, zipfile.ZipFile(temporary, "w", strict_timestamps=False) as archive:
        for label in labels:
            try:
                archive.write(label.image, f"image/{label.image.name}")
                archive.write(label.mask, f"label/{label.mask.name}")
            except FileNotFoundError as error:
                raise StoreError(503, f"the image '{label.id}' or its label is gone; try again in a few seconds") from error
            # afterwards: it may be replaced while it is read
            if not label.is_of_image:
                raise StoreError(503, f"the image '{label.id}' was replaced since it was labelled; try again in a few seconds")
        archive.writestr("metadata.json", json.dumps({**index, "objects": objects}))
    return to
