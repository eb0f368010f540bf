"""By what DICOM knows images."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Makes the table, which is filled when it is asked for first."""
    op.create_table(
        "instances",
        sa.Column("image", NAME, sa.ForeignKey("images.id"), primary_key=True),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.Column("removed", sa.BigInteger),
        sa.Column("patient", NAME, nullable=False),
        sa.Column("pseudonym", sa.Text, nullable=False),
        sa.Column("study", sa.Text, nullable=False),
        sa.Column("series", sa.Text, nullable=False),
        sa.Column("uid", sa.Text, nullable=False),
    )
    op.create_index("instances_by_change", "instances", ["changed"])
    for name, columns in (
        ("patient", ["patient", "study", "image"]),
        ("pseudonym", ["pseudonym"]),
        ("study", ["study"]),
        ("series", ["series"]),
        ("uid", ["uid"]),
    ):
        there = sa.text("removed IS NULL")
        op.create_index(f"instances_by_{name}", "instances", columns, sqlite_where=there, postgresql_where=there)
