"""Signing in where the server itself keeps the users: by name and password, or by a token that was given for them."""

from __future__ import annotations

import base64
import binascii
import logging
import secrets
import threading
import time
from hashlib import blake2b
from hmac import compare_digest
from typing import cast

import jwt
from cachetools import TTLCache

from fetal_head.server.login.attempts import Attempts
from fetal_head.server.login.identity import NO_TOKEN, NOTHING, WRONG, SignInError, User
from fetal_head.store.roles import Role
from fetal_head.store.sql.tables import Account
from fetal_head.store.store import Store
from fetal_head.store.users import find_user, fingerprint, is_password, token_secret

ALGORITHM = "HS256"
# a browser shows its password with each request, and a check of it takes long on purpose
REMEMBERED_SECONDS = 300
logger = logging.getLogger(__name__)


class UsersLogin:
    """The users of a study. Each is looked up at each request: who is removed, or given another password or role, is out."""

    challenges = ("Bearer", 'Basic realm="fetal-head", charset="UTF-8"')
    client_id = None
    realm = None

    def __init__(self, store: Store, token_hours: float) -> None:
        self._store = store
        self._token_seconds = 3600 * token_hours
        self._secret = token_secret(store)
        self._attempts = Attempts()
        # one at a time: a check takes 64 MiB, and one that waits may find that another one has done its work
        self._checking = threading.Lock()
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._proved: TTLCache[bytes, str] = TTLCache(10_000, REMEMBERED_SECONDS)

    def user(self, scheme: str, credentials: str, address: str) -> User:
        """See `Login`."""
        if scheme == "bearer":
            return _user(self._of_token(credentials))
        if scheme == "basic":
            return _user(self._of_password(*_name_and_password(credentials), address))
        raise SignInError(NOTHING)

    def token(self, name: str, password: str, address: str) -> str:
        """See `Login`."""
        account = self._of_password(name, password, address)
        claims = {"sub": account.name, "exp": int(time.time() + self._token_seconds), "credentials": fingerprint(account)}
        return jwt.encode(claims, self._secret, ALGORITHM)

    def _of_token(self, token: str) -> Account:
        try:
            claims = jwt.decode(token, self._secret, [ALGORITHM], {"require": ["exp", "sub", "credentials"]})
        except jwt.InvalidTokenError as error:
            raise SignInError(NO_TOKEN) from error
        account = find_user(self._store, claims["sub"])
        if account is None or not compare_digest(fingerprint(account), claims["credentials"]):
            raise SignInError(NO_TOKEN)
        return account

    def _of_password(self, name: str, password: str, address: str) -> Account:
        account = find_user(self._store, name)
        who, where = f"name {name}", f"address {address}"
        # for one address alone: elsewhere nobody can guess at what is remembered
        proof = blake2b("\0".join((address, name, password)).encode(errors="surrogatepass"), key=self._key).digest()
        self._attempts.refuse_too_many(where)
        if account and self._is_proved(account, proof):
            return account
        with self._checking:
            if account and self._is_proved(account, proof):
                return account
            self._attempts.refuse_too_many(who, where)
            if not is_password(account, password) or account is None:
                self._attempts.failed(who, where)
                logger.warning("a sign-in from %s failed", address)
                raise SignInError(WRONG)
            with self._lock:
                self._proved[proof] = fingerprint(account)
        return account

    def _is_proved(self, account: Account, proof: bytes) -> bool:
        with self._lock:
            return self._proved.get(proof) == fingerprint(account)


def _user(account: Account) -> User:
    return User(account.name, cast(Role, account.role))


def _name_and_password(credentials: str) -> tuple[str, str]:
    try:
        shown = base64.b64decode(credentials, validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignInError(WRONG) from error
    try:
        text = shown.decode("utf-8")
    except UnicodeDecodeError:
        # what older clients send
        text = shown.decode("latin-1")
    name, _, password = text.partition(":")
    return name, password
