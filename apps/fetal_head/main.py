"""The MONAI Label app: it wires the library to the server and computes nothing."""

from __future__ import annotations

from pathlib import Path

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
from fetal_head.server.logs import quiet_upstream
from fetal_head.server.routes import install_routes
from fetal_head.store.study import StudyDatastore
from fetal_head.tasks.batch import BatchInfer
from fetal_head.tasks.infer import Infer
from fetal_head.tasks.strategies import First, Random, Uncertainty
from fetal_head.tasks.train import Train

MODEL = "fetal_head"


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
        return StudyDatastore(self.studies, self._settings.store)

    def init_infers(self) -> dict[str, InferTask]:
        return {MODEL: Infer(self._predictor, self.datastore())}

    def init_trainers(self) -> dict[str, TrainTask]:
        return {MODEL: Train(self._registry, self._settings)}

    def init_strategies(self) -> dict[str, Strategy]:
        return {
            "uncertainty": Uncertainty(self._predictor, self._settings.selection.uncertainty_candidates),
            "random": Random(),
            "first": First(),
        }

    def init_batch_infer(self) -> BatchInferTask:
        return BatchInfer()

    def on_init_complete(self) -> None:
        install_routes(self)
        if upstream.MONAI_LABEL_DATASTORE_AUTO_RELOAD:
            self.datastore().watch()
        # the networks have threads of their own; the small steps before and after them only wait for each other on several
        torch.set_num_threads(1)
        self._predictor.warm_up()
        super().on_init_complete()
