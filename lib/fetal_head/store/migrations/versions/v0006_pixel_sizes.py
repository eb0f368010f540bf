"""Of which file each pixel size was told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Of the one that is there; nobody knows it of one that is gone."""
    op.add_column("images", sa.Column("told_of", sa.BigInteger))
    op.execute("UPDATE images SET told_of = size WHERE size > 0")
