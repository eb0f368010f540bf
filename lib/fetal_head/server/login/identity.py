"""Who is at the other end, and what he may do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote

from fastapi import HTTPException, Request
from fastapi.security.utils import get_authorization_scheme_param

from fetal_head.store.roles import ROLES, Role


@dataclass(frozen=True)
class User:
    """Somebody with a role; without a login on this server everybody is an admin without a name."""

    name: str = ""
    role: Role = "admin"

    def may(self, role: Role) -> bool:
        """Whether he may do what somebody of that role may."""
        return ROLES.index(self.role) >= ROLES.index(role)


class SignInError(ValueError):
    """What was shown proves nothing; the sentence, one of those below where it fits, says what to do."""


NOTHING = "sign in first"
WRONG = "the user name or the password is wrong"
NO_TOKEN = "the token is not valid, or not any more; sign in again"
# the header with the name, percent-encoded, of who was signed in when a page of ours was opened
OPENED_BY = "Fetal-Head-Opened-By"


class Login(Protocol):
    """A way to prove who one is."""

    @property
    def challenges(self) -> tuple[str, ...]:
        """What it takes, as `WWW-Authenticate` says it: a browser that opens a page is told the second one too."""

    @property
    def client_id(self) -> str | None:
        """What an OpenID provider knows this server by."""

    @property
    def realm(self) -> str | None:
        """Where the OpenID provider is."""

    def user(self, scheme: str, credentials: str, address: str) -> User:
        """Who shows the credentials of an `Authorization`, from that address. Raises SignInError for such as prove nothing."""

    def token(self, name: str, password: str, address: str) -> str:
        """A token for somebody with a password, from that address. Raises SignInError for a wrong name or password."""


def requires(role: Role) -> Callable[[Request], User]:
    """The dependency of a route that only a `role` may use. Answers 401 without a valid login, 403 with too small a role."""

    def allowed(request: Request) -> User:
        user = current_user(request)
        if not user.may(role):
            raise HTTPException(403, f"this takes the role {role}; {user.name} is {user.role}")
        return user

    return allowed


def current_user(request: Request) -> User:
    """Who asks, found out once a request. Answers 401 when the server has a login and the request none that is valid."""
    if not hasattr(request.state, "user"):
        request.state.user = _find_user(request)
    user: User = request.state.user
    return user


def _find_user(request: Request) -> User:
    login: Login | None = request.app.state.login
    if login is None:
        return User()
    scheme, credentials = get_authorization_scheme_param(request.headers.get("Authorization"))
    try:
        user = login.user(scheme.lower(), credentials, address_of(request))
    except SignInError as error:
        raise refused(request, login, error) from error
    _refuse_page_of_another(request, user)
    return user


def _refuse_page_of_another(request: Request, user: User) -> None:
    """Answers 409 to a page of ours that was opened by somebody else.

    A browser has one password for all its pages: once it was given another one, those of whoever sat there before show it, too.
    """
    opener = unquote(request.headers.get(OPENED_BY, ""))
    if opener not in ("", user.name):
        what_to_do = f"start the browser again to sign in as {opener}, or open the page anew as {user.name}"
        raise HTTPException(409, f"{opener} opened this page, and {user.name} is signed in now: {what_to_do}")


def refused(request: Request, login: Login, error: SignInError) -> HTTPException:
    """The 401 for what proves nothing. Only who opens a page is asked for a password by his browser.

    What a page of ours asks for after that gets the same challenge: a browser shows the password of one path to another only
    when that one asks for it.
    """
    first, *others = login.challenges
    headers = {"WWW-Authenticate": first}
    if others and ("text/html" in request.headers.get("Accept", "") or _is_of_our_page(request)):
        # a name spelt otherwise makes a header of its own: some browsers read one challenge a header
        headers["www-authenticate"] = others[0]
    return HTTPException(401, str(error), headers)


def _is_of_our_page(request: Request) -> bool:
    # without TLS browsers send the first of them to their own machine alone
    referer, host = (request.headers.get(name, "") for name in ("Referer", "Host"))
    is_same = referer.startswith((f"http://{host}/", f"https://{host}/"))
    return is_same or request.headers.get("Sec-Fetch-Site") == "same-origin"


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""


def known(user: User) -> dict[str, str]:
    """What a request's parameters say of who asks, where the server knows."""
    return {"user": user.name} if user.name else {}
