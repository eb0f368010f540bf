"""Signing in by the tokens of an OpenID provider such as Keycloak, with MONAI Label's own settings."""

from __future__ import annotations

from typing import Any

import jwt
from fastapi import HTTPException
from monailabel.config import settings

from fetal_head.server.login.attempts import Attempts
from fetal_head.server.login.identity import NO_TOKEN, NOTHING, WRONG, SignInError, User
from fetal_head.server.login.provider import Provider
from fetal_head.store.roles import ROLES, Role

# signed with a private key: a public key must never do for a shared secret
ALGORITHMS = ["RS256", "ES256"]
CLOCKS_DIFFER_SECONDS = 30


class OidcLogin:
    """The users of a provider. Their roles are in their tokens: a change takes effect with the next token."""

    challenges = ("Bearer",)

    def __init__(self) -> None:
        self.realm: str = settings.MONAI_LABEL_AUTH_REALM_URI
        self.client_id: str = settings.MONAI_LABEL_AUTH_CLIENT_ID
        self._provider = Provider(self.realm, settings.MONAI_LABEL_AUTH_TIMEOUT)
        self._attempts = Attempts()

    def user(self, scheme: str, credentials: str, address: str) -> User:
        """See `Login`. Answers 403 to a token without a role."""
        if scheme != "bearer":
            raise SignInError(NOTHING)
        claims = self._claims(credentials)
        self._refuse_others(claims)
        name = claims.get(settings.MONAI_LABEL_AUTH_TOKEN_USERNAME)
        if not isinstance(name, str) or not name or not name.isprintable():
            raise SignInError(f"the token has no name at {settings.MONAI_LABEL_AUTH_TOKEN_USERNAME}")
        return User(name, _role(name, claims))

    def token(self, name: str, password: str, address: str) -> str:
        """See `Login`."""
        # a provider may take a name in any spelling
        who, where = f"name {name.casefold()}", f"address {address}"
        self._attempts.begin(who, where)
        token: str | None = ""
        try:
            token = self._provider.token(self.client_id, name, password)
        finally:
            if token is not None:
                self._attempts.take_back(who, where)
        if token is None:
            raise SignInError(WRONG)
        return token

    def _claims(self, token: str) -> dict[str, Any]:
        """What a valid token says."""
        try:
            header = jwt.get_unverified_header(token)
            # before the provider is asked for anything
            key = self._provider.key(header.get("kid", "")) if header.get("alg") in ALGORITHMS else None
            if key is None:
                raise SignInError(NO_TOKEN)
            return jwt.decode(
                token,
                key,
                ALGORITHMS,
                {"require": ["exp", "iss"], "verify_aud": False},
                issuer=self._provider.issuer(),
                leeway=CLOCKS_DIFFER_SECONDS,
            )
        except jwt.PyJWTError as error:
            raise SignInError(NO_TOKEN) from error

    def _refuse_others(self, claims: dict[str, Any]) -> None:
        """A token that says which client it was made for must name ours, there or in its audience; some providers do not say.

        The audience alone tells nothing: Keycloak's is "account".
        """
        client, audience = claims.get("azp"), claims.get("aud")
        if client is not None and self.client_id not in (client, *(audience if isinstance(audience, list) else [audience])):
            raise SignInError(f"the token was made for '{client}', not for '{self.client_id}'")


def _role(name: str, claims: dict[str, Any]) -> Role:
    """The highest role that a token carries. Answers 403 when there is none."""
    found: Any = claims
    for part in settings.MONAI_LABEL_AUTH_TOKEN_ROLES.split("#"):
        found = found.get(part) if isinstance(found, dict) else None
    carried = found if isinstance(found, list) else [found]
    names = {role: getattr(settings, f"MONAI_LABEL_AUTH_ROLE_{role.upper()}") for role in ROLES}
    for role in reversed(ROLES):
        if names[role] in carried:
            return role
    path = settings.MONAI_LABEL_AUTH_TOKEN_ROLES
    raise HTTPException(403, f"the token of {name} has none of the roles {', '.join(names.values())} at {path}; ask for one")
