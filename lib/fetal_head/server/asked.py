"""What requests ask for, and who asks: nothing passes that is not named here or by a route."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NoReturn

from fastapi import Depends, HTTPException

from fetal_head.server.login.identity import User, known, requires
from fetal_head.store.people import who_is

AsUser = Annotated[User, Depends(requires("user"))]
AsAnnotator = Annotated[User, Depends(requires("annotator"))]
AsReviewer = Annotated[User, Depends(requires("reviewer"))]
AsAdmin = Annotated[User, Depends(requires("admin"))]


def json_object(text: str) -> dict[str, Any]:
    """The `params` of a request. Answers 422 when they are no JSON object."""
    try:
        params = json.loads(text or "{}", parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise HTTPException(422, f"params is no JSON: {error}") from error
    if not isinstance(params, dict):
        raise HTTPException(422, 'params is no JSON object; it looks like {"result_extension": ".nrrd"}')
    return params


def asked_for(params: Mapping[str, Any] | None, user: User, *keys: str) -> dict[str, Any]:
    """Of what a client sent what is asked for, and the `user`. The rest is dropped: viewers send much that only other apps know.

    Raises:
        StoreError: what it calls him is no name (422).
    """
    said = params or {}
    return {key: said[key] for key in keys if key in said} | {"user": who_is({**said, **known(user)})}


def who_asks(client_id: str, user: User) -> str:
    """Who is signed in, or else who a client says that he is. Raises StoreError for what is no name (422)."""
    return who_is({"client_id": client_id, **known(user)})


def check_offered(what: str, name: str, names: Iterable[str]) -> None:
    """Answers 404 for a name that is none of those there are."""
    offered = sorted(names)
    if name not in offered:
        raise HTTPException(404, f"there is no {what} '{name}'; there is {', '.join(offered) or 'none'}")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")
