"""How well the people agree who labelled the same images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal_head.biometry import MEASUREMENTS, measure
from fetal_head.imaging import read_geometry, read_label
from fetal_head.imaging.mask import part_of
from fetal_head.stamp import stamp_of
from fetal_head.store.labels import queries
from fetal_head.store.labels.differences import differences
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.labels.standing import last_of_its_person
from fetal_head.store.said import told_spacing
from fetal_head.store.sql.tables import Image, Submission
from fetal_head.store.store import Store


@dataclass(frozen=True)
class Agreement:
    """Two people's labels of one image.

    Attributes:
        dice: by structure that both looked for; None where it is in neither label.
        unit: of the measurements: "mm", or "px" where nobody knows the pixel size.
        measurements: the second one's minus the first one's; None where one of them could not be measured, or was not looked for.
    """

    image: str
    people: tuple[str, str]
    dice: dict[str, float | None]
    unit: str
    measurements: dict[str, float | None]


def agreement(store: Store) -> list[Agreement]:
    """Every pair of people's last standing labels of the same image, by the names of image and people.

    Raises:
        ValueError: a label cannot be read, two are of different sizes, or an image is replaced meanwhile.
    """
    with store.reading() as session:
        pairs = list(_pairs(session))
    return [_agreement(store, image, first, second) for image, first, second in pairs]


def _pairs(session: Session) -> Iterator[tuple[Image, Submission, Submission]]:
    read = (
        select(Image, Submission)
        .join(Submission, Submission.image == Image.id)
        .where(
            Image.removed.is_(None),
            Image.readings > 1,
            Submission.tag == FINAL,
            last_of_its_person(Submission),
        )
    )
    by_image: dict[str, tuple[Image, dict[str, Submission]]] = {}
    for image, row in session.execute(read.order_by(Image.id, Submission.number)):
        by_image.setdefault(image.id, (image, {}))[1][row.who] = row
    for image, rows in by_image.values():
        for one, other in combinations(sorted(rows), 2):
            yield image, rows[one], rows[other]


def _agreement(store: Store, image: Image, first: Submission, second: Submission) -> Agreement:
    file = store.layout.folder / image.file
    geometry = read_geometry(file)
    spacing = told_spacing(queries.said_of(image)) or geometry.spacing
    rows = (first, second)
    masks = [read_label(file, store.layout.kept(row.image, row.number, row.suffix), geometry.shape) for row in rows]
    # afterwards: it may be replaced while it is read
    if stamp_of(file) != image.stamp:
        raise ValueError(f"{image.file} was replaced while its labels were compared; try again")
    by_first, by_second = (queries.spoken_of(row, mask) for row, mask in zip(rows, masks, strict=True))
    names = [name for name in by_first if name in by_second]
    masks = [part_of(mask, names) for mask in masks]
    found = [measure(mask, spacing) for mask in masks]
    lengths = {name: (getattr(found[0], name), getattr(found[1], name)) for name in MEASUREMENTS}
    return Agreement(
        image.id,
        (first.who, second.who),
        {name: difference.dice for name, difference in differences(*masks).items() if name in names},
        found[0].unit,
        {name: None if one is None or other is None else other - one for name, (one, other) in lengths.items()},
    )
