"""When the file of each image with masks was last changed or renamed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Nobody knows it of the files that are there."""
    op.add_column("images", sa.Column("ctime_ns", sa.BigInteger))
