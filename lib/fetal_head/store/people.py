"""Who asks, who submits, and what they say of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fetal_head.store.errors import StoreError
from fetal_head.store.files.names import LONGEST_ID
from fetal_head.store.said import check_text

ANONYMOUS = ""
# 3D Slicer's client id as long as nobody has set one: it tells nobody apart
NAMELESS = "user-xyz"
LONGEST, LONGEST_COMMENT = 200, 10_000


def who_is(params: Mapping[str, Any]) -> str:
    """The person behind a request: the user that the server knows, else what the client calls itself, else nobody.

    Raises:
        StoreError: that is no name (422).
    """
    user, client = params.get("user"), params.get("client_id")
    return _text("the client_id", user or (client != NAMELESS and client) or ANONYMOUS, LONGEST)


def left_by(params: Mapping[str, Any]) -> str:
    """The image that whoever asks for the next one has before him, as he says; empty for none.

    Raises:
        StoreError: that is no name (422).
    """
    return _text("the image that is left", params.get("leaving") or "", LONGEST_ID)


def check_comment(comment: str) -> None:
    """Raises StoreError (422) for what somebody says of an image or a label that is no text or too long a one."""
    _text("the comment", comment, LONGEST_COMMENT)


def _text(what: str, text: Any, longest: int) -> str:
    try:
        return check_text(what, text, longest)
    except ValueError as error:
        raise StoreError(422, str(error)) from error
