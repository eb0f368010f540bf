"""Who asks, who submits, and who may do what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

Role = Literal["user", "annotator", "reviewer", "admin"]
# each may do what those before it may
ROLES: tuple[Role, ...] = get_args(Role)

ANONYMOUS = ""
# 3D Slicer's client id as long as nobody has set one: it tells nobody apart
NAMELESS = "user-xyz"


def who_is(params: Mapping[str, Any]) -> str:
    """The person behind a request: the user that the server knows, else what the client calls itself, else nobody."""
    name = str(params.get("user") or params.get("client_id") or ANONYMOUS)
    return ANONYMOUS if name == NAMELESS else name
