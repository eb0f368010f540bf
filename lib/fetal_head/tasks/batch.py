"""MONAI Label's batch inference, which by itself divides by the number of GPUs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from monailabel.interfaces.datastore import Datastore
from monailabel.interfaces.tasks.batch_infer import BatchInferTask


class BatchInfer(BatchInferTask):  # type: ignore[misc]
    """One image after the other on whatever device the Predictor uses."""

    def __call__(self, request: dict[str, Any], datastore: Datastore, infer: Callable[..., Any]) -> Any:
        """Predicts the asked images and stores the masks under the asked tag."""
        return super().__call__({**request, "multi_gpu": False, "device": "cpu", "max_workers": 1}, datastore, infer)
