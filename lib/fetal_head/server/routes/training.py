"""Trainings over HTTP, one at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, HTTPException
from monailabel.endpoints.train import run_model, status
from monailabel.interfaces.app import MONAILabelApp

from fetal_head.config import Settings
from fetal_head.learning.form import from_served, with_form
from fetal_head.learning.retraining import check_processes
from fetal_head.learning.running import running
from fetal_head.learning.split import split
from fetal_head.model.registry import Registry
from fetal_head.server.asked import AsAdmin, asked_for, check_offered
from fetal_head.server.background import active_task, stop_task, wait_for_end
from fetal_head.server.login.identity import User, requires
from fetal_head.store.labels.labelled import labelled_images


def training_routes(app: MONAILabelApp, registry: Registry, settings: Settings) -> APIRouter:
    """The routes that start, stop and tell of a training, each with the role that upstream asks for."""
    router = APIRouter(tags=["Train"])
    folder = registry.folder
    trainers: dict[str, Any] = app.info()["trainers"]
    one_at_a_time = threading.Lock()

    def start(models: Iterable[str], params: Mapping[str, Any], user: User, enqueue: bool) -> dict[str, Any]:
        with one_at_a_time:
            _refuse_in_vain(app, folder, settings)
            # upstream passes on all that it gets, a folder to import code from included
            asked = {model: asked_for(params.get(model), user, *trainers[model]["config"]) for model in models}
            for form in asked.values():
                _refuse_form(settings, form)
            return {model: run_model(model, form, False, enqueue) for model, form in asked.items()}

    @router.get("/train/", dependencies=[Depends(requires("user"))])
    def training_status(all: bool = False, check_if_running: bool = False) -> Any:  # noqa: A002
        """The last training, 404 when there was none, with its `progress` by trainer: epoch, losses, Dice, seconds left.

        With `all` every training that this server started.
        """
        try:
            found = status(all, check_if_running)
        except HTTPException:
            if all:
                return []
            raise
        return found if all else {**found, "progress": app.info()["train_stats"]}

    @router.post("/train/{model}")
    def start_training(
        model: str, user: AsAdmin, params: dict[str, Any] | None = None, run_sync: bool = False, enqueue: bool = False
    ) -> Any:
        """Starts a training; 409 with the running job while there is one, whether to `enqueue` or not.

        Answers 422 with a sentence for parameters out of bounds, and when there is nothing to train on: upstream starts a process
        that fails, and the viewer never shows why. With `run_sync` the answer comes when the training has ended; it has a process
        of its own even then.
        """
        check_offered("trainer", model, trainers)
        task = start([model], {model: params}, user, enqueue)[model]
        if run_sync:
            wait_for_end("train", task)
        return task

    @router.post("/train/", include_in_schema=False)
    def start_every_training(user: AsAdmin, params: dict[str, Any] | None = None, run_sync: bool = False) -> Any:
        """The same for a client that names no model: OHIF, which sends what it asks for by model."""
        by_model = {model: said for model, said in (params or {}).items() if isinstance(said, dict)}
        started = start(trainers, by_model, user, enqueue=True)
        if run_sync:
            for task in started.values():
                wait_for_end("train", task)
        return {model: {"result": task, "detail": None} for model, task in started.items()}

    @router.delete("/train/")
    def stop_training(user: AsAdmin) -> Any:
        """Stops this server's training, null when there is none; answers once its process is gone, so that the next can start."""
        with one_at_a_time:
            return stop_task("train")

    return router


def _refuse_in_vain(app: MONAILabelApp, folder: Path, settings: Settings) -> None:
    """Answers 409 while another training runs, and 422 as long as there is nothing to train on."""
    job = running_job(app, folder)
    if job:
        message = f"A training already runs since {job['start_ts']}: wait for its end or stop it, then train again."
        raise HTTPException(409, {"message": message, "job": job})
    labels = labelled_images(app.datastore().store)
    if not labels:
        raise HTTPException(422, "There is no submitted label yet: correct and submit at least one image, then train.")
    try:
        split([label.patient_id for label in labels], settings.learning.validation_folds)
    except ValueError as error:
        raise HTTPException(422, f"There is nothing to train on: {error}.") from error


def _refuse_form(settings: Settings, form: Mapping[str, Any]) -> None:
    """Answers 422 for a value out of bounds or that is neither yes nor no, and a batch that does not go round all processes."""
    try:
        check_processes(with_form(settings, form).learning)
        from_served(form)
    except ValueError as error:
        raise HTTPException(422, f"The training was not started: {error}.") from error


def running_job(app: MONAILabelApp, folder: Path) -> dict[str, Any] | None:
    """The training that runs on the models in `folder`, None when there is none.

    `id`, `status` and `start_ts` are those of GET /train/; `id` is None for one that this server has not started, of which `pid`
    tells. `progress` is by trainer.
    """
    task = active_task("train")
    if task:
        job = {key: task[key] for key in ("id", "status", "start_ts")}
    else:
        other = running(folder)
        if other is None:
            return None
        job = {"id": None, "status": "RUNNING", "start_ts": other.started, "pid": other.pid}
    return {**job, "progress": app.info()["train_stats"]}
