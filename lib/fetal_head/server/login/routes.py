"""Signing in over HTTP, as MONAI Label's clients do."""

from __future__ import annotations

import logging
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.security import OAuth2PasswordRequestForm
from monailabel.config import settings as upstream
from monailabel.interfaces.app import MONAILabelApp

from fetal_head.config import LoginSettings
from fetal_head.server.asked import AsUser
from fetal_head.server.login.identity import Login, SignInError, address_of, refused
from fetal_head.server.login.oidc import OidcLogin
from fetal_head.server.login.users import UsersLogin
from fetal_head.store.roles import ROLES
from fetal_head.store.users import users

logger = logging.getLogger(__name__)


def install_login(app: MONAILabelApp, application: FastAPI, settings: LoginSettings) -> APIRouter:
    """Lets in whom the settings say from now on, and returns the routes to sign in by."""
    application.state.login = login = _login(app, settings)
    return login_routes(login)


def login_routes(login: Login | None) -> APIRouter:
    """The routes that MONAI Label has where it has a login, with its answers."""
    router = APIRouter(prefix="/auth", tags=["Auth"])

    @router.get("/")
    def is_enabled() -> dict[str, Any]:
        """Whether one has to sign in; with an OpenID provider also where."""
        told = {"client_id": login.client_id, "realm": login.realm} if login else {"client_id": None, "realm": None}
        return {"enabled": login is not None, **told}

    @router.post("/token")
    def token(request: Request, form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> dict[str, Any]:
        """A token for a name and a password; 401 for wrong ones, 429 for too many of them."""
        if login is None:
            return {"access_token": None, "token_type": None}
        try:
            given = login.token(form.username, form.password, address_of(request))
        except SignInError as error:
            raise refused(request, login, error) from error
        return {"access_token": given, "token_type": "bearer"}

    @router.get("/token/valid")
    def is_valid(user: AsUser) -> dict[str, Any]:
        """Who one is, and what one may do; 401 without a valid login."""
        return {"username": user.name, "email": None, "name": user.name, "roles": [role for role in ROLES if user.may(role)]}

    return router


def _login(app: MONAILabelApp, settings: LoginSettings) -> Login | None:
    # MONAI Label's own switch
    if upstream.MONAI_LABEL_AUTH_ENABLE or settings.login == "oidc":
        return OidcLogin()
    if settings.login == "none":
        return None
    store = app.datastore().store
    if not users(store):
        add = f"fetal-head users add NAME --role admin --studies {store.layout.folder}"
        logger.warning("there is no user yet, so nobody can sign in; add one with: %s", add)
    return UsersLogin(store, settings.token_hours)
