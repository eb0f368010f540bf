"""Runs the steps on the connection that `Database` hands over."""

from __future__ import annotations

from alembic import context

from fetal_head.store.sql import derived  # noqa: F401 it adds its tables to the others
from fetal_head.store.sql.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
