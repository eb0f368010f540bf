"""Of which file each pixel size was told, and which patient the file itself tells."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """A pixel size is of the file that is there; nobody knows it of one that is gone. Patients are read with the next file."""
    op.add_column("images", sa.Column("told_of", sa.BigInteger))
    op.add_column("images", sa.Column("file_patient", sa.Text))
    op.execute("UPDATE images SET told_of = size WHERE size > 0")
