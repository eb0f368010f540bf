"""The application: all that is answered, and what stands around it. What is not named here is not found."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from monailabel.interfaces.app import MONAILabelApp
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from fetal_head.config import ServerSettings, Settings
from fetal_head.model.registry import Registry
from fetal_head.pacs.study import is_pacs
from fetal_head.server.background import stop_every_task
from fetal_head.server.child import announce_parent, before_interrupt
from fetal_head.server.dicomweb.routes import dicomweb_routes
from fetal_head.server.login.routes import install_login
from fetal_head.server.logs import install_log, log_routes
from fetal_head.server.metrics import Metrics
from fetal_head.server.middleware.border import OPEN, Border, has_login
from fetal_head.server.middleware.disk import install_disk
from fetal_head.server.middleware.forms import Utf8Forms
from fetal_head.server.middleware.limits import BodyLimit
from fetal_head.server.middleware.observing import Observed
from fetal_head.server.middleware.signed_in import SignedIn
from fetal_head.server.middleware.validation import install_validation
from fetal_head.server.predictions import Predictions
from fetal_head.server.routes.batch import batch_routes
from fetal_head.server.routes.biometry import biometry_routes
from fetal_head.server.routes.closed import closed_routes
from fetal_head.server.routes.effort import effort_routes
from fetal_head.server.routes.health import health_routes
from fetal_head.server.routes.history import history_routes
from fetal_head.server.routes.images import image_routes
from fetal_head.server.routes.infer import infer_routes
from fetal_head.server.routes.labels import label_routes
from fetal_head.server.routes.models import model_routes, version_routes
from fetal_head.server.routes.pacs import pacs_routes
from fetal_head.server.routes.pages import api_pages, ohif_pages
from fetal_head.server.routes.sessions import session_routes
from fetal_head.server.routes.training import training_routes
from fetal_head.server.routes.viewer import viewer_routes
from fetal_head.server.routes.worklist import worklist_routes
from fetal_head.server.sessions import Sessions
from fetal_head.server.turns import Turns
from fetal_head.store.dicom.instances import Instances

# most often another folder was meant
EMPTY = "no image lies in the study folder %s: folders in it are not looked into; name another one, or copy images into it"
logger = logging.getLogger(__name__)


def install_routes(app: MONAILabelApp, registry: Registry, settings: Settings) -> None:
    """Puts our routes and border in the place of MONAI Label's; called in the event loop, once the server has made the app."""
    from monailabel.app import app as application

    announce_parent()
    before_interrupt(stop_every_task)
    install_log()
    serving = settings.server
    predictions = Predictions(serving.predictions_at_once, serving.predictions_waiting)
    metrics = Metrics(app, registry, predictions)
    application.title = app.name
    application.router.routes[:] = [
        route for router in _routers(app, application, registry, settings, predictions, metrics) for route in router.routes
    ]
    install_validation(application)
    install_disk(application)
    application.user_middleware[:] = _border(serving, metrics)
    # the server has built it already, to tell us that it starts
    application.middleware_stack = application.build_middleware_stack()
    if serving.clients == "any" and not has_login(application):
        logger.warning("ATTENTION: %s", OPEN)
    if not is_pacs(app.studies) and not app.datastore().status()["total"]:
        logger.warning(EMPTY, app.studies)


def _routers(
    app: MONAILabelApp,
    application: FastAPI,
    registry: Registry,
    settings: Settings,
    predictions: Predictions,
    metrics: Metrics,
) -> list[APIRouter]:
    sessions = Sessions(Path(app.app_dir) / ".sessions", settings.server.session_minutes)
    # upstream asks for it at the start and every few minutes
    app.cleanup_sessions = sessions.remove_expired
    instances, turns = Instances(app.datastore().store, named=settings.dicomweb.named), Turns()
    return [
        install_login(app, application, settings.login),
        viewer_routes(app, instances, turns),
        infer_routes(app, predictions, sessions),
        batch_routes(app, predictions),
        training_routes(app, registry, settings),
        image_routes(app),
        label_routes(app, instances, turns),
        # before the history, which would take its path for an image's
        effort_routes(app),
        history_routes(app, instances),
        dicomweb_routes(instances),
        session_routes(sessions),
        # before the models, which would take its path for a model's
        version_routes(registry),
        model_routes(app, registry),
        worklist_routes(app, instances),
        biometry_routes(app, instances),
        health_routes(app, registry, metrics),
        log_routes(app),
        api_pages(application),
        ohif_pages(settings.store.structures),
        pacs_routes(app, settings.pacs),
        closed_routes(),
    ]


def _border(settings: ServerSettings, metrics: Metrics) -> list[Middleware]:
    """What stands around the routes, the outermost first."""
    everything: dict[str, Any] = {"allow_credentials": True, "allow_methods": ["*"], "allow_headers": ["*"]}
    cors = [Middleware(CORSMiddleware, allow_origins=settings.cors_origins, **everything)] if settings.cors_origins else []
    return [
        Middleware(Observed, metrics=metrics),
        Middleware(Border, settings=settings),
        *cors,
        Middleware(SignedIn),
        Middleware(Utf8Forms),
        Middleware(BodyLimit, upload_megabytes=settings.upload_megabytes),
    ]
