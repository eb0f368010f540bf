"""The labelled images of a study, as a training takes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fetal_head.learning.samples import Labelled
from fetal_head.store.labels import queries
from fetal_head.store.labels.settling import label_of
from fetal_head.store.sql.tables import Submission
from fetal_head.store.store import Store


def labelled_images(store: Store) -> list[Labelled]:
    """Every image with a submitted or approved label, with a mask that stays, whatever is corrected or rejected later."""
    return _labelled(store, lambda label: store.layout.kept(label.image, label.number, label.suffix))


def plainly_labelled(store: Store) -> list[Labelled]:
    """The same, with the masks that any tool finds."""
    return _labelled(store, lambda label: store.layout.plain(label_of(label)))


def _labelled(store: Store, mask_of: Callable[[Submission], Path]) -> list[Labelled]:
    with store.reading() as session:
        return [
            Labelled(
                image.id,
                store.layout.folder / image.file,
                mask_of(label),
                image.info.get("patient"),
                tuple(label.annotated) if label.annotated else None,
                image.stamp,
            )
            for image, label in queries.final_labels(session)
        ]
