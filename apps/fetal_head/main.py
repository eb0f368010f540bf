"""The MONAI Label app: it wires the library to the server and computes nothing."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from threading import Thread

import torch
from monailabel.config import settings as upstream
from monailabel.interfaces.app import MONAILabelApp
from monailabel.interfaces.tasks.batch_infer import BatchInferTask
from monailabel.interfaces.tasks.infer_v2 import InferTask
from monailabel.interfaces.tasks.strategy import Strategy
from monailabel.interfaces.tasks.train import TrainTask

from fetal_head import __version__
from fetal_head.config import load_settings
from fetal_head.labels import NAMES
from fetal_head.model.predictor import Predictor
from fetal_head.model.registry import Registry
from fetal_head.pacs.study import is_pacs, pacs_url, study_folder
from fetal_head.pacs.worker import start_workers
from fetal_head.server.application import install_routes
from fetal_head.server.logs import quiet_upstream
from fetal_head.server.memory import share_arenas
from fetal_head.server.scoring import ScoringWorker
from fetal_head.store.people import ANONYMOUS
from fetal_head.store.study import StudyDatastore
from fetal_head.store.worklist.pools import Pools
from fetal_head.tasks.batch import BatchInfer
from fetal_head.tasks.infer import Infer
from fetal_head.tasks.strategies import suggestions
from fetal_head.tasks.train import Train

MODEL = "fetal_head"
LISTENS_AFTER_SECONDS = 0.5


class FetalHeadApp(MONAILabelApp):  # type: ignore[misc]
    """Assisted annotation of BRAIN, CSP and LV in 2D fetal-head ultrasound."""

    def __init__(self, app_dir: str, studies: str, conf: dict[str, str]) -> None:
        quiet_upstream()
        self._settings = load_settings(conf)
        self._registry = Registry.of_app(Path(app_dir))
        self._predictor = Predictor(self._registry, self._settings.model)
        super().__init__(
            app_dir=app_dir,
            studies=studies,
            conf=conf,
            name="Fetal head",
            description="Assisted annotation of brain, cavum septi pellucidi and lateral ventricle in 2D fetal-head ultrasound",
            version=__version__,
            labels=list(NAMES),
        )

    def init_datastore(self) -> StudyDatastore:
        self._pacs = pacs_url(self.studies) if is_pacs(self.studies) else None
        folder = study_folder(self._pacs, self._settings.pacs, Path(self.app_dir)) if self._pacs else self.studies
        study = StudyDatastore(str(folder), self._settings.store)
        self._pools = Pools(study.store)
        return study

    def init_infers(self) -> dict[str, InferTask]:
        return {MODEL: Infer(self._predictor, self.datastore())}

    def init_trainers(self) -> dict[str, TrainTask]:
        return {MODEL: Train(self._registry, self._settings)}

    def init_strategies(self) -> dict[str, Strategy]:
        return suggestions(self._pools)

    def init_batch_infer(self) -> BatchInferTask:
        return BatchInfer()

    def on_init_complete(self) -> None:
        share_arenas()
        install_routes(self, self._registry, self._settings)
        if upstream.MONAI_LABEL_DATASTORE_AUTO_RELOAD:
            self.datastore().watch()
        # the networks have threads of their own; the small steps before and after them only wait for each other on several
        torch.set_num_threads(1)
        Thread(target=self._pools.pool, args=(ANONYMOUS,), daemon=True).start()
        if self._pacs:
            start_workers(self._pacs, self.datastore().store, self._settings.pacs)
        # once the server listens: where it cannot, Python ends, which aborts the process if one of them is in a network
        asyncio.get_running_loop().call_later(LISTENS_AFTER_SECONDS, self._ask_networks)
        super().on_init_complete()
        # looking through all that was imported, for what nobody uses any more, would stop every request for a while
        gc.freeze()
        gc.enable()

    def _ask_networks(self) -> None:
        """Begins with what takes seconds, which neither the server nor the first annotator need wait for."""
        Thread(target=self._predictor.warm_up, daemon=True).start()
        ScoringWorker(self.datastore().store, self._registry, self._predictor.traffic, self._settings).start()
