"""Labels of a study as the exports take them."""

from __future__ import annotations

from datetime import datetime

from fetal_head.export.label import Label
from fetal_head.imaging import read_geometry, read_label
from fetal_head.patients import patient_of
from fetal_head.store.files.layout import Layout
from fetal_head.store.labels import queries
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.said import told_spacing
from fetal_head.store.sql.tables import APPROVED, Image, Submission
from fetal_head.store.store import Store


def exported(store: Store, image_id: str) -> Label | None:
    """The final label of an image; None when it has none. Raises ValueError when image or mask cannot be read."""
    with store.reading() as session:
        image, row = queries.image_of(session, image_id), queries.label_of_tag(session, image_id, FINAL)
    return _label(store.layout, image, row) if image and row else None


def _label(layout: Layout, image: Image, row: Submission) -> Label:
    file, said = layout.folder / image.file, queries.said_of(image)
    geometry = read_geometry(file)
    mask = read_label(file, layout.kept(image.id, row.number, row.suffix), geometry.shape)
    return Label(
        image=image.id,
        file=file,
        stamp=image.stamp,
        patient=said.get("patient") or patient_of(image.id),
        number=row.number,
        mask=mask,
        annotated=queries.spoken_of(row, mask),
        spacing=told_spacing(said) or geometry.spacing,
        who=row.who,
        model=row.model,
        at=datetime.fromtimestamp(row.at),
        is_approved=row.status == APPROVED,
    )
