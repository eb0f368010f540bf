"""Which picture each mask was made for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nobody knows it of the masks that are there."""
    for table in ("images", "submissions"):
        op.add_column(table, sa.Column("picture", sa.Text))
