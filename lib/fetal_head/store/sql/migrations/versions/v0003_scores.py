"""What models make of images, and how much of their predictions people changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Makes the tables; images are no longer drawn by lot, and their changes are counted."""
    op.drop_index("images_by_lot", "images")
    op.add_column("images", sa.Column("changed", sa.BigInteger, nullable=False, server_default="0"))
    op.create_index("images_by_change", "images", ["changed"])
    op.create_index("submissions_by_time", "submissions", ["tag", "at"])
    op.create_table(
        "scores",
        sa.Column("image", NAME, sa.ForeignKey("images.id"), primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("turn", sa.BigInteger, nullable=False),
        sa.Column("entropy", sa.JSON),
        sa.Column("bald", sa.JSON),
        sa.Column("seen", sa.JSON),
        sa.Column("feature", sa.LargeBinary),
        sa.Column("doubt", sa.Float),
        sa.Column("problem", sa.Text),
    )
    op.create_index("scores_by_turn", "scores", ["turn"])
    op.create_table(
        "efforts",
        sa.Column("image", NAME, primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("structures", sa.JSON),
        sa.ForeignKeyConstraint(["image", "number"], ["submissions.image", "submissions.number"]),
    )
