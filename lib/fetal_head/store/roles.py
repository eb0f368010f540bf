"""Who may do what."""

from __future__ import annotations

from typing import Literal, get_args

Role = Literal["user", "annotator", "reviewer", "admin"]
# each may do what those before it may
ROLES: tuple[Role, ...] = get_args(Role)
