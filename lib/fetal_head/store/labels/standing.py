"""Which masks count: those that stand, for the picture that they were made for."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from fetal_head.store.sql.tables import REJECTED, Image, Submission


def standing(row: type[Submission]) -> ColumnElement[bool]:
    """Whether a submission is neither deleted nor rejected, and of the picture that its image has now."""
    return and_(row.deleted.is_(None), row.status != REJECTED, of_its_picture(row))


def last_of_its_person(row: type[Submission]) -> ColumnElement[bool]:
    """Whether a submission is the last standing one of its person for its image and tag."""
    later = aliased(Submission)
    last = select(func.max(later.number)).where(
        later.image == row.image, later.who == row.who, later.tag == row.tag, standing(later)
    )
    return row.number == last.correlate(row).scalar_subquery()


def of_its_picture(row: type[Submission]) -> ColumnElement[bool]:
    """Whether a submission is of the picture that its image has now, as far as anybody knows what it was made for.

    While a file that came is not looked at yet, it may be any picture: none that is known is taken for it.
    """
    now = select(Image.picture).where(Image.id == row.image, Image.removed.is_(None)).correlate(row).scalar_subquery()
    return or_(row.picture.is_(None), row.picture == now)


def is_of_its_picture(row: Submission, image: Image) -> bool:
    """The same of a submission and its image that are at hand."""
    return row.picture is None or (image.removed is None and row.picture == image.picture)
