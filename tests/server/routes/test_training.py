"""One training at a time through a real server, with a trainer that trains until it is told to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from typing import Any

import psutil
import pytest
import requests

from fetal_head.learning.running import running
from fetal_head.model.registry import Registry
from pictures import three_structures, write_itk, write_picture
from serving import Server, serving

pytestmark = pytest.mark.slow

MAIN = """
import os, time
from pathlib import Path

from monailabel.interfaces.app import MONAILabelApp
from monailabel.interfaces.tasks.train import TrainTask

from fetal_head.config import load_settings
from fetal_head.learning.running import only_training
from fetal_head.model.registry import Registry
from fetal_head.server.child import die_with_parent
from fetal_head.server.application import install_routes
from fetal_head.store.study import StudyDatastore
from fetal_head.tasks.progress import Progress


class Endless(TrainTask):
    def __init__(self, folder):
        super().__init__("Trains until there is a file `enough`")
        self.folder = folder

    def config(self):
        return {"max_epochs": 50, "train_batch_size": 8, "pretrained": True}

    def stats(self):
        return Progress(self.folder).read()

    def __call__(self, request, datastore):
        die_with_parent()
        with only_training(self.folder):
            Progress(self.folder).write({"epoch": 3, "total_epochs": 20})
            (self.folder / f"started-{os.getpid()}").touch()
            while not (self.folder / "enough").exists():
                time.sleep(0.05)
        return {}


class App(MONAILabelApp):
    def __init__(self, app_dir, studies, conf):
        self.registry = Registry.of_app(Path(app_dir))
        super().__init__(app_dir, studies, conf, name="endless", labels=["BRAIN"])

    def init_datastore(self):
        return StudyDatastore(self.studies)

    def init_trainers(self):
        return {"fetal_head": Endless(self.registry.folder)}

    def on_init_complete(self):
        install_routes(self, self.registry, load_settings(self.conf))
        super().on_init_complete()
"""

ELSEWHERE = """
import sys, time
from pathlib import Path
from fetal_head.learning.running import only_training
with only_training(Path(sys.argv[1])):
    print("training", flush=True)
    time.sleep(600)
"""


def _models(server: Server) -> Path:
    return Registry.of_app(server.app).folder


@contextmanager
def _endless(folder: Path, labelled: str | None = "b", conf: dict[str, str] | None = None) -> Iterator[Server]:
    (folder / "app").mkdir(exist_ok=True)
    (folder / "app" / "main.py").write_text(MAIN)
    (folder / "studies").mkdir(exist_ok=True)
    for name in "ab":
        write_picture(folder / "studies" / f"{name}.png", three_structures(60, 90) * 60)
    with serving(folder / "studies", folder, conf=conf) as server:
        if labelled:
            _submit(server, labelled)
        yield server


def _submit(server: Server, image: str) -> None:
    label = write_itk(server.log.with_name("label.nrrd"), three_structures(60, 90))
    server.client().save_label(image, str(label), params={})


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with _endless(tmp_path_factory.mktemp("endless")) as server:
        yield server


@pytest.fixture
def server(shared: Server) -> Iterator[Server]:
    """A server at which nothing trains, before and after."""
    yield shared
    assert _delete(shared).ok
    assert running(_models(shared)) is None
    for path in _models(shared).glob("*"):
        path.unlink()


def _post(server: Server, path: str = "/train/fetal_head") -> requests.Response:
    return requests.post(f"{server.url}{path}", json={}, timeout=60)


def _delete(server: Server) -> requests.Response:
    return requests.delete(f"{server.url}/train/", timeout=60)


def _started(server: Server, seconds: float = 300) -> int:
    """The process of the training that runs, once it does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        training = running(_models(server))
        if training is not None and training.pid is not None:
            return training.pid
        time.sleep(0.1)
    raise AssertionError(f"no training has started:\n{server.log.read_text()[-4000:]}")


def _progress(server: Server) -> dict[str, Any]:
    return dict(requests.get(f"{server.url}/train/", timeout=60).json()["progress"]["fetal_head"])


def _wait(until: Callable[[], object], seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end
        time.sleep(0.1)


def _is_gone(pid: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def _detail(answer: requests.Response) -> dict[str, Any]:
    assert answer.status_code == 409, answer.text
    return dict(answer.json()["detail"])


def test_of_several_clicks_at_once_one_starts_a_training(server: Server) -> None:
    paths = ["/train/fetal_head", "/train/fetal_head?enqueue=true", "/train/", "/train/fetal_head"]
    together = Barrier(len(paths))

    def click(path: str) -> requests.Response:
        together.wait()
        return _post(server, path)

    with ThreadPoolExecutor(len(paths)) as clicks:
        answers = list(clicks.map(click, paths))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    tasks = requests.get(f"{server.url}/train/?all=true", timeout=60).json()
    active = [task["id"] for task in tasks if task["status"] in ("SUBMITTED", "RUNNING")]
    jobs = [_detail(answer)["job"] for answer in answers if not answer.ok]
    assert [job["id"] for job in jobs] == active * 3

    pid = _started(server)
    _wait(lambda: _progress(server))
    later = _detail(_post(server, "/train/fetal_head?enqueue=true"))
    assert later["job"]["status"] == "RUNNING"
    progress = later["job"]["progress"]["fetal_head"]
    assert (progress["epoch"], progress["total_epochs"], progress["pid"]) == (3, 20, pid)
    assert later["job"]["start_ts"] in later["message"]
    assert [path.name for path in _models(server).glob("started-*")] == [f"started-{pid}"]


def test_after_a_stop_the_next_training_is_accepted_at_once(server: Server) -> None:
    for wait in (True, False, False, True):
        submitted = _post(server)
        assert submitted.ok, submitted.text
        pid = _started(server) if wait else None
        stopped = _delete(server)
        assert (stopped.json()["id"], stopped.json()["status"]) == (submitted.json()["id"], "STOPPED")
        assert pid is None or _is_gone(pid, 0.1)
    assert _delete(server).json() is None
    status = requests.get(f"{server.url}/train/", timeout=60).json()
    assert status["status"] == "STOPPED"
    assert requests.get(f"{server.url}/train/?check_if_running=true", timeout=60).status_code == 404


def test_a_training_that_this_server_did_not_start_counts_too(server: Server) -> None:
    command = [sys.executable, "-c", ELSEWHERE, str(_models(server))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        other.stdout.readline()
        for path in ("/train/fetal_head", "/train/"):
            job = _detail(_post(server, path))["job"]
            assert (job["id"], job["pid"]) == (None, other.pid)
        assert _delete(server).json() is None
        assert other.poll() is None, "a training of somebody else is not ours to stop"
        other.kill()
    assert _post(server).ok


def test_the_progress_of_an_earlier_training_is_not_shown_as_that_of_the_next(server: Server) -> None:
    assert _post(server).ok
    _wait(lambda: _progress(server))
    assert _delete(server).ok
    assert _progress(server)["epoch"] == 3, "how the last one ended"
    time.sleep(1)  # starts are told to the second

    command = [sys.executable, "-c", ELSEWHERE, str(_models(server))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert _detail(_post(server))["job"]["progress"] == {"fetal_head": {}}
        assert server.client().info()["train_stats"] == {"fetal_head": {}}
        other.kill()
    assert _post(server).ok
    assert _progress(server) == {}
    assert _detail(_post(server))["job"]["progress"] == {"fetal_head": {}}
    _wait(lambda: _progress(server))
    assert _progress(server)["pid"] == _started(server)


def test_what_a_training_would_not_take_starts_none(server: Server) -> None:
    for field, value in (("max_epochs", "abc"), ("train_batch_size", -1), ("pretrained", "perhaps")):
        wrong = {field: value}
        for path, params in (("/train/fetal_head", wrong), ("/train/", {"fetal_head": wrong})):
            answer = requests.post(f"{server.url}{path}", json=params, timeout=60)
            assert answer.status_code == 422
            assert f"The training was not started: {field}: Input should be" in answer.json()["detail"]


def test_a_batch_that_does_not_go_round_the_processes_starts_no_training(tmp_path: Path) -> None:
    with _endless(tmp_path, conf={"processes": "2"}) as server:
        form = {"train_batch_size": 1}
        for path, params in (("/train/fetal_head", form), ("/train/", {"fetal_head": form})):
            answer = requests.post(f"{server.url}{path}", json=params, timeout=60)
            assert answer.status_code == 422
            assert "The training was not started: batch_size 1 is too small for 2 processes" in answer.json()["detail"]
        assert running(_models(server)) is None


def test_who_wants_to_wait_is_answered_at_the_end(server: Server) -> None:
    with ThreadPoolExecutor(1) as waiting:
        answer = waiting.submit(_post, server, "/train/fetal_head?run_sync=true")
        _started(server)
        assert requests.get(f"{server.url}/info/", timeout=10).ok
        assert not answer.done()
        (_models(server) / "enough").touch()
        assert answer.result(60).json()["status"] == "DONE"


def test_without_a_label_to_learn_from_nothing_starts(tmp_path: Path) -> None:
    with _endless(tmp_path, labelled=None) as server:

        def is_refused(sentence: str) -> None:
            for path in ("/train/fetal_head", "/train/"):
                answer = _post(server, path)
                assert answer.status_code == 422
                assert sentence in answer.json()["detail"]
            assert requests.get(f"{server.url}/train/", timeout=60).status_code == 404

        is_refused("submit at least one image")
        _submit(server, "a")  # of a patient that models are judged on
        is_refused("label images of another patient, then train")


def test_a_training_ends_with_its_server_and_the_next_server_can_train(tmp_path: Path) -> None:
    for by in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        with _endless(tmp_path) as server:
            assert _post(server).ok
            training = _started(server)
            serves = psutil.Process(training).parent()
            assert serves is not None
            os.kill(serves.pid, by)
            if by is not signal.SIGKILL:
                assert _is_gone(serves.pid, 20), f"a training holds up the server's end by {by}"
            assert _is_gone(training, 2), by
    with _endless(tmp_path) as server:
        assert _post(server).ok
        _started(server)
