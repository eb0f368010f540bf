"""Who asks, who submits, and who may do what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from fetal_head.store.errors import StoreError
from fetal_head.store.said import check_text

Role = Literal["user", "annotator", "reviewer", "admin"]
# each may do what those before it may
ROLES: tuple[Role, ...] = get_args(Role)

ANONYMOUS = ""
# 3D Slicer's client id as long as nobody has set one: it tells nobody apart
NAMELESS = "user-xyz"
LONGEST = 200


def who_is(params: Mapping[str, Any]) -> str:
    """The person behind a request: the user that the server knows, else what the client calls itself, else nobody.

    Raises:
        StoreError: that is no name (422).
    """
    try:
        name = check_text("the client_id", params.get("user") or params.get("client_id") or ANONYMOUS, LONGEST)
    except ValueError as error:
        raise StoreError(422, str(error)) from error
    return ANONYMOUS if name == NAMELESS else name
