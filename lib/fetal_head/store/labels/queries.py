"""What the store knows, by questions that a database answers quickly however many images there are."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from fetal_head.imaging import Mask, annotated_in
from fetal_head.labels import in_order
from fetal_head.store.files.layout import Layout
from fetal_head.store.labels.adding import SECOND
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.said import said_of_file
from fetal_head.store.sql.tables import Image, Meta, Submission
from fetal_head.store.store import Store


def image_ids(session: Session) -> list[str]:
    """All images, in the order of their names."""
    return list(session.scalars(select(Image.id).where(Image.removed.is_(None)).order_by(Image.id)))


def every_id(session: Session) -> list[str]:
    """All images that there ever were."""
    return list(session.scalars(select(Image.id)))


def called(session: Session, name: str) -> str:
    """The id of the image that has it for its id, or else for the name of its file; itself where there is none."""
    images = select(Image.id).where(or_(Image.id == name, Image.file == name)).order_by(Image.id != name)
    return session.scalars(images).first() or name


def labelled_ids(session: Session, tag: str = FINAL) -> list[str]:
    """The images that have a label, in the order of their names."""
    return list(session.scalars(_labels(tag).with_only_columns(Submission.image).order_by(Submission.image)))


def unlabelled_ids(session: Session, tag: str) -> list[str]:
    """The images that have no label, in the order of their names."""
    images = select(Image.id).where(Image.removed.is_(None)).order_by(Image.id)
    if tag == FINAL:
        return list(session.scalars(images.where(Image.readings == 0)))
    return list(session.scalars(images.where(Image.id.not_in(_labels(tag).with_only_columns(Submission.image)))))


def image_of(session: Session, image_id: str) -> Image | None:
    """An image that is there."""
    image = session.get(Image, image_id)
    return image if image is not None and image.removed is None else None


def said_of(image: Image) -> dict[str, Any]:
    """What is said of an image, as far as it holds for its file."""
    return said_of_file(image.info, image.told_of, image.size)


def image_info(layout: Layout, image: Image) -> dict[str, Any]:
    """What clients are told of an image."""
    return {"ts": image.mtime_ns // SECOND, **said_of(image), "name": image.file, "path": str(layout.folder / image.file)}


def label_of_tag(session: Session, image_id: str, tag: str) -> Submission | None:
    """The label of a tag."""
    found: Submission | None = session.scalar(_labels(tag).where(Submission.image == image_id))
    return found


def tags_of(session: Session, image_id: str) -> list[str]:
    """The tags under which an image has labels."""
    return list(session.scalars(select(Submission.tag).where(Submission.current, Submission.image == image_id)))


def spoken_of(row: Submission, mask: Mask) -> tuple[str, ...]:
    """The structures that a submission speaks of, in the order of their values; `mask` is its own."""
    return annotated_in(mask) if row.annotated is None else in_order(row.annotated)


def label_info(row: Submission) -> dict[str, Any]:
    """What clients are told of a label."""
    annotated = {} if row.annotated is None else {"annotated": row.annotated}
    return {**row.info, **annotated, "ts": row.at, "name": f"{row.image}{row.suffix}"}


def final_labels(session: Session) -> list[tuple[Image, Submission]]:
    """Every image with a final label that counts, and that label."""
    rows = session.execute(
        select(Image, Submission)
        .join(Submission, Submission.image == Image.id)
        .order_by(Image.id)
        .where(Submission.current, Submission.tag == FINAL)
    )
    return [(image, label) for image, label in rows]


def counts(session: Session) -> dict[str, Any]:
    """How many images there are, how many are labelled, and how many labels each tag has."""
    there = select(func.count()).select_from(Image).where(Image.removed.is_(None))
    tags = session.execute(select(Submission.tag, func.count()).where(Submission.current).group_by(Submission.tag))
    return {
        "total": session.scalar(there) or 0,
        "completed": session.scalar(there.where(Image.readings > 0)) or 0,
        "label_tags": dict(tags.tuples().all()),
    }


def objects(session: Session, layout: Layout) -> dict[str, Any]:
    """Images and their labels as MONAI Label's index has them: id -> image and labels by tag."""
    found: dict[str, Any] = {}
    for image in session.scalars(select(Image).where(Image.removed.is_(None)).order_by(Image.id)):
        info = {key: value for key, value in image_info(layout, image).items() if key != "path"}
        found[image.id] = {"image": {"ext": image.file.removeprefix(image.id), "info": info}, "labels": {}}
    for row in session.scalars(select(Submission).where(Submission.current)):
        if row.image in found:
            found[row.image]["labels"][row.tag] = {"ext": row.suffix, "info": label_info(row)}
    return found


def meta(store: Store, key: str, default: str) -> str:
    """What the study is called, or described as."""
    with store.reading() as session:
        row = session.get(Meta, key)
        return row.value if row else default


def set_meta(store: Store, key: str, value: str) -> None:
    """Calls it something else."""
    with store.writing() as (session, _):
        session.merge(Meta(key=key, value=value))


def _labels(tag: str) -> Select[Any]:
    return select(Submission).where(Submission.current, Submission.tag == tag)
