"""What requests ask for, and who asks: nothing passes that is not named here or by a route."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NoReturn

from fastapi import Depends, HTTPException

from fetal_head.server.identity import User, requires

AsUser = Annotated[User, Depends(requires("user"))]
AsAnnotator = Annotated[User, Depends(requires("annotator"))]
AsAdmin = Annotated[User, Depends(requires("admin"))]

# by which a client says who sits before it, where the server does not know it
WHO = ("client_id", "user")


def json_object(text: str) -> dict[str, Any]:
    """The `params` of a request. Answers 422 when they are no JSON object."""
    try:
        params = json.loads(text or "{}", parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise HTTPException(422, f"params is no JSON: {error}") from error
    if not isinstance(params, dict):
        raise HTTPException(422, 'params is no JSON object; it looks like {"result_extension": ".nrrd"}')
    return params


def only(params: Mapping[str, Any] | None, *keys: str) -> dict[str, Any]:
    """Of what a client sent what is asked for. The rest is dropped: viewers send much that only other apps know."""
    return {key: value for key, value in (params or {}).items() if key in keys}


def check_offered(what: str, name: str, names: Iterable[str]) -> None:
    """Answers 404 for a name that is none of those there are."""
    offered = sorted(names)
    if name not in offered:
        raise HTTPException(404, f"there is no {what} '{name}'; there is {', '.join(offered) or 'none'}")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")
