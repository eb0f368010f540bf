"""An OpenID provider: where it is, with which keys it signs, and a token of its own for a password."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import jwt
from cachetools import TTLCache
from fastapi import HTTPException

# one that does not answer is left alone for so long: everybody would wait for it
LEFT_ALONE_SECONDS = 5
# what asking it raises when it is not there, or answers something else
BROKEN = (httpx.HTTPError, httpx.InvalidURL, jwt.PyJWTError, OSError, ValueError, KeyError, TypeError)


class Provider:
    """The provider of a realm, asked when it is needed first. Each method answers 503 while it gives no answer."""

    def __init__(self, realm: str, timeout: float) -> None:
        self._realm = realm.rstrip("/")
        self._timeout = timeout
        self._lock = threading.Lock()
        self._configuration: dict[str, str] = {}
        self._keys: jwt.PyJWKClient | None = None
        self._failed: TTLCache[str, bool] = TTLCache(1, LEFT_ALONE_SECONDS)

    def issuer(self) -> str:
        """What its tokens call it."""
        with self._asking():
            return self._configured()["issuer"]

    def key(self, kid: str) -> jwt.PyJWK | None:
        """The key of that id, None when it publishes none."""
        with self._asking():
            if self._keys is None:
                self._keys = jwt.PyJWKClient(self._configured()["jwks_uri"], timeout=self._timeout)
            try:
                return self._keys.get_signing_key(kid)
            except jwt.PyJWKClientError as error:
                if isinstance(error, jwt.PyJWKClientConnectionError):
                    raise
                return None

    def token(self, client_id: str, name: str, password: str) -> str | None:
        """A token for a password, None for a wrong name or password."""
        with self._asking():
            url = self._configured()["token_endpoint"]
        form = {"client_id": client_id, "grant_type": "password", "username": name, "password": password}
        try:
            # nobody else waits for this answer
            answer = httpx.post(url, data=form, timeout=self._timeout)
            said = answer.json()
            if answer.is_success:
                return str(said["access_token"])
            failure = said["error"]
        except BROKEN as error:
            raise self._unreachable(error) from error
        if failure == "invalid_grant":
            return None
        raise HTTPException(503, f"the login provider {self._realm} gives '{client_id}' no token for a password ({failure})")

    def _configured(self) -> dict[str, str]:
        if not self._configuration:
            answer = httpx.get(f"{self._realm}/.well-known/openid-configuration", timeout=self._timeout)
            found = answer.raise_for_status().json()
            self._configuration = {key: str(found[key]) for key in ("issuer", "jwks_uri", "token_endpoint")}
        return self._configuration

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """One at a time: when there is no answer, those that waited for their turn need not ask again."""
        with self._lock:
            if self._failed:
                raise self._unreachable("it gave none a moment ago")
            try:
                yield
            except BROKEN as error:
                self._failed[self._realm] = True
                raise self._unreachable(error) from error

    def _unreachable(self, why: object) -> HTTPException:
        return HTTPException(503, f"the login provider {self._realm} gives no answer that helps; try again later ({why})")
