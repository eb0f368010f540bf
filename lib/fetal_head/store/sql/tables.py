"""The tables: what is known of images, of every mask that was ever submitted, of who works on what, and of who may sign in.

What follows from images and masks is in `derived`.
Times are seconds since 1970. `migrations/` makes the tables; a change here needs a version there.
"""

from __future__ import annotations

import random
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from fetal_head.stamp import Stamp

# names sort by their bytes in every database, as they do in Python
NAME = Text().with_variant(Text(collation="C"), "postgresql")
SUBMITTED, APPROVED, REJECTED = "submitted", "approved", "rejected"
LOTS = 2**62


def _draw() -> int:
    return random.randrange(LOTS)


def where(condition: str) -> dict[str, Any]:
    """An index of the rows alone that meet a condition, as either database is told of it."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Base(DeclarativeBase):
    """What the tables have in common."""

    type_annotation_map = {  # noqa: RUF012
        int: BigInteger,
        str: Text,
        dict[str, Any]: JSON(none_as_null=True),
        list[str]: JSON(none_as_null=True),
        list[float]: JSON(none_as_null=True),
        list[bool]: JSON(none_as_null=True),
    }


_NEXT = text("(SELECT coalesce(max(changed), 0) + 1 FROM images)")


class Image(Base):
    """An image file in the study folder.

    Attributes:
        size, mtime_ns: of the file when it was last looked at, to see that it was replaced; 0 for one that is gone.
        info: what clients and the import say of it: patient, plane, spacing ...
        file_patient: the patient as the file itself tells, which is in `info` too unless somebody told another one.
        told_of: the size of the file whose pixel size `info` tells, see `said.said_of_file`; None for any.
        removed: when it was removed; None while it is there.
        lot: a random number, by which images that nothing else tells apart are scored in a random order.
        picture: the SHA-256 of its file, once a mask was made of it or its pixel size told; None where neither was, or the file
            was not read yet. Of one that is gone that of the file whose pixel size was told.
        ctime_ns: when its file was last renamed or changed as it was seen to hold `picture`; None of before that was kept.
        readings: how many people have a standing final label on it. Follows from the submissions.
        changed: grows with every change of any image, so that readers fetch only what is new.
    """

    __tablename__ = "images"
    __table_args__ = (
        Index("images_by_name", "readings", "id", **where("removed IS NULL")),
        Index("images_by_change", "changed"),
    )

    id: Mapped[str] = mapped_column(NAME, primary_key=True)
    file: Mapped[str]
    size: Mapped[int]
    mtime_ns: Mapped[int]
    info: Mapped[dict[str, Any]]
    file_patient: Mapped[str | None]
    told_of: Mapped[int | None]
    removed: Mapped[int | None]
    lot: Mapped[int] = mapped_column(default=_draw)
    picture: Mapped[str | None]
    ctime_ns: Mapped[int | None]
    readings: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=_NEXT, onupdate=_NEXT)

    @property
    def stamp(self) -> Stamp:
        """Of the file when it was last looked at."""
        return Stamp(self.size, self.mtime_ns)


class Submission(Base):
    """A mask that was submitted for an image, or predicted for it (tag `original`); its file is never changed.

    Attributes:
        number: 1, 2, ... over all tags of the image.
        picture: the SHA-256 of the image file that it was made for, and counts for; None where nobody knows.
        suffix, sha256, size, mtime_ns: of its file; the plain copy in labels/<tag>/ has the same.
        who: the annotator; empty for one without a name.
        model: the version of the model that it was predicted by or corrected from.
        prediction: the number of the prediction that it was corrected from.
        annotated: the structures that the mask speaks of; None takes them from the mask.
        seconds: spent on it, where the client says so.
        status, comment, reviewer: of the review.
        deleted: when it was deleted; None while it stands.
        current: it is the label of its tag. Follows from the rest: the last one that stands, see `standing`.
        info: what else the client said.
    """

    __tablename__ = "submissions"
    __table_args__ = (
        Index("submissions_current", "tag", "image", unique=True, **where("current")),
        Index("submissions_by_time", "tag", "at"),
    )

    image: Mapped[str] = mapped_column(NAME, ForeignKey("images.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tag: Mapped[str]
    picture: Mapped[str | None]
    suffix: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]
    mtime_ns: Mapped[int]
    who: Mapped[str]
    at: Mapped[int]
    model: Mapped[str | None]
    prediction: Mapped[int | None]
    annotated: Mapped[list[str] | None]
    seconds: Mapped[float | None]
    status: Mapped[str] = mapped_column(default=SUBMITTED)
    comment: Mapped[str] = mapped_column(default="")
    reviewer: Mapped[str] = mapped_column(default="")
    deleted: Mapped[int | None]
    current: Mapped[bool] = mapped_column(default=False)
    info: Mapped[dict[str, Any]]


class Reservation(Base):
    """An image that somebody works on, until then."""

    __tablename__ = "reservations"

    image: Mapped[str] = mapped_column(NAME, ForeignKey("images.id"), primary_key=True)
    who: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[int]


class Account(Base):
    """Somebody who may sign in, where the server itself keeps the users.

    Attributes:
        role: one of `roles.ROLES`.
        password: its Argon2 hash.
    """

    __tablename__ = "users"

    name: Mapped[str] = mapped_column(NAME, primary_key=True)
    role: Mapped[str]
    password: Mapped[str]


class Meta(Base):
    """What is known of the study itself.

    Its identity, name and description, the index that was last taken in, the secret that tokens are signed with, and what each
    model's scores were made by.
    """

    __tablename__ = "meta"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
