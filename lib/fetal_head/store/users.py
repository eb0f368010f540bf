"""Who may sign in, and with which password, where the server itself keeps the users."""

from __future__ import annotations

import secrets
import unicodedata
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY
from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal_head.store.errors import StoreError
from fetal_head.store.images import check_name
from fetal_head.store.roles import ROLES
from fetal_head.store.sql.tables import Account, Meta
from fetal_head.store.store import Store

SHORTEST_PASSWORD = 8
# of one that is much longer, accents alone can take minutes to put in order
LONGEST_PASSWORD = 1024
TOKEN_SECRET = "token_secret"

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
# of a password that nobody has: a name that nobody has takes as long to check as one that somebody has
NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$Vrr1Z/KmffFfDv6ANpRkIA$G3SgfMk3GcdvFrzrSmezs0snj4/mngJ/PPsAGBiqkr4"


def users(store: Store) -> list[Account]:
    """Everybody who may sign in, by name."""
    with store.reading() as session:
        return list(session.scalars(select(Account).order_by(Account.name)))


def find_user(store: Store, name: str) -> Account | None:
    """The user of that name, None when there is none."""
    try:
        check_name("user name", name)
    except StoreError:
        return None
    with store.reading() as session:
        return session.get(Account, name)


def add_user(store: Store, name: str, role: str, password: str) -> None:
    """Lets somebody sign in.

    Raises:
        StoreError: there is a user of that name (409), or name, role or password are not accepted (422).
    """
    check_name("user name", name)
    row = Account(name=name, role=_role(role), password=_hash(password))
    with store.writing() as (session, _):
        if session.get(Account, name) is not None:
            raise StoreError(409, f"there is a user '{name}' already; `fetal-head users password` and `role` change one")
        session.add(row)


def set_password(store: Store, name: str, password: str) -> None:
    """Changes a password. Raises StoreError when there is no such user (404), or the password is not accepted (422)."""
    hashed = _hash(password)
    with store.writing() as (session, _):
        _existing(session, name).password = hashed


def set_role(store: Store, name: str, role: str) -> None:
    """Changes a role. Raises StoreError when there is no such user (404), or no such role (422)."""
    with store.writing() as (session, _):
        _existing(session, name).role = _role(role)


def remove_user(store: Store, name: str) -> None:
    """Lets somebody sign in no more; what he did stays his. Raises StoreError (404) when there is no such user."""
    with store.writing() as (session, _):
        session.delete(_existing(session, name))


def is_password(account: Account | None, password: str) -> bool:
    """Whether it is the password of the user. Takes as long when there is no user, whose password nothing is."""
    try:
        _hasher.verify(account.password if account else NOBODY, _plain(password))
    except (VerificationError, InvalidHashError, StoreError):
        return False
    return account is not None


def fingerprint(account: Account) -> str:
    """What changes when the user's password or role does, also when he is removed and added again."""
    return sha256(f"{account.password} {account.role}".encode()).hexdigest()[:32]


def token_secret(store: Store) -> str:
    """What the study's tokens are signed with; made when it is asked for first."""
    with store.writing() as (session, _):
        kept = session.get(Meta, TOKEN_SECRET)
        if kept is None:
            kept = Meta(key=TOKEN_SECRET, value=secrets.token_hex(32))
            session.add(kept)
        return kept.value


def _existing(session: Session, name: str) -> Account:
    account = session.get(Account, name)
    if account is None:
        raise StoreError(404, f"there is no user '{name}'; `fetal-head users list` shows who there is")
    return account


def _role(role: str) -> str:
    if role not in ROLES:
        raise StoreError(422, f"there is no role '{role}'; there are {', '.join(ROLES)}")
    return role


def _hash(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise StoreError(422, f"the password is too short: it takes at least {SHORTEST_PASSWORD} characters")
    return _hasher.hash(_plain(password))


def _plain(password: str) -> bytes:
    if len(password) > LONGEST_PASSWORD:
        raise StoreError(422, f"the password is too long: it takes at most {LONGEST_PASSWORD} characters")
    try:
        # one keyboard writes an accented letter as one character, another one as two
        return unicodedata.normalize("NFC", password).encode()
    except UnicodeEncodeError as error:
        raise StoreError(422, "the password holds half a character, which no keyboard writes; choose another one") from error
