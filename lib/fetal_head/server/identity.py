"""Who is at the other end, and what he may do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from fastapi import HTTPException, Request

Role = Literal["user", "annotator", "reviewer", "admin"]
# each may do what those before it may
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True)
class User:
    """Somebody with a role; without a login on this server everybody is an admin without a name."""

    name: str = ""
    role: Role = "admin"

    def may(self, role: Role) -> bool:
        """Whether he may do what somebody of that role may."""
        return ROLES.index(self.role) >= ROLES.index(role)


def requires(role: Role) -> Callable[[Request], User]:
    """The dependency of a route that only a `role` may use. Answers 401 without a valid login, 403 with too small a role."""

    def allowed(request: Request) -> User:
        user = current_user(request)
        if not user.may(role):
            raise HTTPException(403, f"this takes the role {role}; {user.name} is {user.role}")
        return user

    return allowed


def current_user(request: Request) -> User:
    """Who asks. Answers 401 when the server has a login and the request none that is valid."""
    return User()


def known(user: User) -> dict[str, str]:
    """What a request's parameters say of who asks, where the server knows."""
    return {"user": user.name} if user.name else {}
