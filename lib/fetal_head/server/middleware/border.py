"""Who may come from where: this machine alone as long as nobody has to log in, and no web page of somebody else."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from fetal_head.config import ServerSettings

READING = ("GET", "HEAD", "OPTIONS")
OPEN = "whoever reaches this server can see, change and delete everything: it is open to the network and asks for no login"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Caller:
    """Where a request comes from: its address, None over a socket of this machine, and what its headers say."""

    method: str
    address: str | None
    host: str
    origin: str | None

    @property
    def is_here(self) -> bool:
        """Whether it comes from this machine."""
        address = _address(self.address) if self.address else None
        return self.address is None or (address is not None and address.is_loopback)


def has_login(application: Starlette) -> bool:
    """Whether one has to log in to use the application."""
    return getattr(application.state, "login", None) is not None


def refusal(caller: Caller, settings: ServerSettings, login: bool) -> tuple[int, str] | None:
    """The status and the sentence with which a request is sent away; None for one that may come in."""
    if not login and settings.clients == "loopback" and not caller.is_here:
        return 403, (
            "this server answers its own machine alone, as it has no login: start it with `--conf clients any` "
            "or `fetal-head serve --host ADDRESS` to open it to the network"
        )
    # without a login, a page under a name of its own that suddenly means this machine could read and do everything
    if not login and not _is_ours(caller.host, settings):
        return 403, f"this server is not called '{_name(caller.host)}': add the name to the setting allowed_hosts"
    if caller.method not in READING and caller.origin is not None and not _is_friend(caller, settings):
        return 403, f"pages of {caller.origin} may not use this server: add it to the setting cors_origins"
    return None


class Border:
    """Sends requests away that may not come in."""

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app = app
        self._settings = settings
        self._seen_foreigner = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers 403 or lets the request pass."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers, client = Headers(scope=scope), scope.get("client")
        caller = Caller(scope["method"], client[0] if client else None, headers.get("host", ""), headers.get("origin"))
        login = has_login(scope["app"])
        refused = refusal(caller, self._settings, login)
        if refused:
            status, sentence = refused
            return await JSONResponse({"detail": sentence}, status)(scope, receive, send)
        if not login and not caller.is_here and not self._seen_foreigner:
            self._seen_foreigner = True
            logger.warning("the first request from another machine has come; %s", OPEN)
        return await self._app(scope, receive, send)


def _is_ours(host: str, settings: ServerSettings) -> bool:
    name = _name(host)
    return name == "localhost" or _address(name) is not None or name in (allowed.lower() for allowed in settings.allowed_hosts)


def _is_friend(caller: Caller, settings: ServerSettings) -> bool:
    origin = str(caller.origin).lower()
    # behind a proxy that ends TLS the scheme differs; a host and port has one scheme anyway
    try:
        place = urlsplit(origin).netloc
    except ValueError:
        return False
    return place == caller.host.lower() or origin in (allowed.lower() for allowed in settings.cors_origins)


def _name(host: str) -> str:
    """A Host header without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
