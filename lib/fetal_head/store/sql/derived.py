"""The tables of what follows from images and masks: all of it can be made again from them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from fetal_head.store.sql.tables import NAME, Base, where


class Score(Base):
    """What the last model that looked at an image makes of it; see `model.scoring.Score`. It can be made again at any time.

    Attributes:
        size, mtime_ns: of the image file that was looked at: a score of a replaced one does not count.
        model: the version that looked.
        turn: grows with every score that is written, so that readers fetch only what is new.
        entropy, bald, seen: by structure, in the order of their values; None where the image cannot be read.
        feature: float16.
        doubt: the mean entropy over CSP and LV.
        problem: why the image cannot be read.
    """

    __tablename__ = "scores"
    __table_args__ = (Index("scores_by_turn", "turn"),)

    image: Mapped[str] = mapped_column(NAME, ForeignKey("images.id"), primary_key=True)
    size: Mapped[int]
    mtime_ns: Mapped[int]
    model: Mapped[str]
    turn: Mapped[int]
    entropy: Mapped[list[float] | None]
    bald: Mapped[list[float] | None]
    seen: Mapped[list[bool] | None]
    feature: Mapped[bytes | None]
    doubt: Mapped[float | None]
    problem: Mapped[str | None]


class Effort(Base):
    """How much of the prediction was changed to make a submitted label of it. Follows from the two masks.

    Attributes:
        structures: by name what `evaluation.effort.Effort` has; None where the two cannot be compared.
    """

    __tablename__ = "efforts"
    __table_args__ = (ForeignKeyConstraint(["image", "number"], ["submissions.image", "submissions.number"]),)

    image: Mapped[str] = mapped_column(NAME, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    structures: Mapped[dict[str, Any] | None]


class Instance(Base):
    """By what DICOM knows an image: see `instances`. Follows from the image and from `Layout.dicom`.

    Attributes:
        changed, removed: those of the image when it was last looked at.
        patient, pseudonym: what the patient is called, with and without a name.
        study, series, uid: the identifiers of `dicomweb.uids`.
    """

    __tablename__ = "instances"
    __table_args__ = (
        Index("instances_by_change", "changed"),
        Index("instances_by_patient", "patient", "study", "image", **where("removed IS NULL")),
        Index("instances_by_pseudonym", "pseudonym", **where("removed IS NULL")),
        Index("instances_by_study", "study", **where("removed IS NULL")),
        Index("instances_by_series", "series", **where("removed IS NULL")),
        Index("instances_by_uid", "uid", **where("removed IS NULL")),
    )

    image: Mapped[str] = mapped_column(NAME, ForeignKey("images.id"), primary_key=True)
    changed: Mapped[int]
    removed: Mapped[int | None]
    patient: Mapped[str] = mapped_column(NAME)
    pseudonym: Mapped[str]
    study: Mapped[str]
    series: Mapped[str]
    uid: Mapped[str]


# no backup needs them
MADE_AGAIN = (Score.__tablename__, Effort.__tablename__, Instance.__tablename__)
