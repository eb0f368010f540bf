"""What the server tells Prometheus: what is asked of it, and how it stands."""

from __future__ import annotations

from collections.abc import Iterator

from monailabel.interfaces.app import MONAILabelApp
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from fetal_head.learning.running import running
from fetal_head.model.registry import Registry
from fetal_head.server.background import active_task
from fetal_head.server.predictions import Predictions

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")


class Metrics:
    """The metrics of one server."""

    def __init__(self, app: MONAILabelApp, models: Registry, predictions: Predictions) -> None:
        self._registry = CollectorRegistry()
        of = ("route", "method", "status")
        self._requests = Counter("fetal_head_requests", "Answered requests", of, registry=self._registry)
        self._seconds = Histogram("fetal_head_request_seconds", "Seconds to the end of an answer", of, registry=self._registry)
        self._registry.register(_State(app, models, predictions))
        ProcessCollector(registry=self._registry)

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """Counts an answered request by the template of its route."""
        labels = (route, method if method in METHODS else "other", str(status))
        self._requests.labels(*labels).inc()
        self._seconds.labels(*labels).observe(seconds)

    def text(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self._registry)


class _State(Collector):
    """Looked up when it is asked for."""

    def __init__(self, app: MONAILabelApp, models: Registry, predictions: Predictions) -> None:
        self._app = app
        self._predictions = predictions
        self._models = models

    def describe(self) -> list[Metric]:
        """Nothing: what is told by `collect` need not be known before."""
        return []

    def collect(self) -> Iterator[Metric]:
        """How the server stands now."""
        asked, counts = self._predictions, self._app.datastore().status()
        is_training = active_task("train") is not None or running(self._models.folder) is not None
        yield GaugeMetricFamily("fetal_head_predictions_running", "Predictions that run", asked.running)
        yield GaugeMetricFamily("fetal_head_predictions_waiting", "Predictions that wait for their turn", asked.waiting)
        yield CounterMetricFamily("fetal_head_predictions_refused", "Predictions answered with 503", asked.refused)
        yield GaugeMetricFamily("fetal_head_images", "Images of the study", counts["total"])
        yield GaugeMetricFamily("fetal_head_labelled_images", "Images that have a submitted label", counts["completed"])
        yield GaugeMetricFamily("fetal_head_training_running", "1 while a training runs", int(is_training))
        yield InfoMetricFamily("fetal_head_model", "The served model", {"version": self._models.current().name})
