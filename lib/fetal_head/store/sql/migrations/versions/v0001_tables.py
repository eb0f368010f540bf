"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Makes them."""
    op.create_table(
        "images",
        sa.Column("id", NAME, primary_key=True),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("info", sa.JSON, nullable=False),
        sa.Column("removed", sa.BigInteger),
        sa.Column("lot", sa.BigInteger, nullable=False),
        sa.Column("readings", sa.BigInteger, nullable=False),
    )
    _index("images_by_name", "images", ["readings", "id"], "removed IS NULL")
    _index("images_by_lot", "images", ["readings", "lot"], "removed IS NULL")
    op.create_table(
        "submissions",
        sa.Column("image", NAME, sa.ForeignKey("images.id"), primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("suffix", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("model", sa.Text),
        sa.Column("prediction", sa.BigInteger),
        sa.Column("annotated", sa.JSON),
        sa.Column("seconds", sa.Float),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("reviewer", sa.Text, nullable=False),
        sa.Column("deleted", sa.BigInteger),
        sa.Column("current", sa.Boolean, nullable=False),
        sa.Column("info", sa.JSON, nullable=False),
    )
    _index("submissions_current", "submissions", ["tag", "image"], "current", unique=True)
    op.create_table(
        "reservations",
        sa.Column("image", NAME, sa.ForeignKey("images.id"), primary_key=True),
        sa.Column("who", sa.Text, primary_key=True),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )


def _index(name: str, table: str, columns: list[str], where: str, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
