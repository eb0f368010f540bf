"""Clients that ask for the next image, predict, submit and ask what the server is, all at once."""

from __future__ import annotations

import itertools
import multiprocessing
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import requests
from rich.progress import Progress

from trials.ledger import Ledger
from trials.masks import mask_of, png_of, write_images
from trials.process import Server
from trials.report import Report, spread

# of so many images one is predicted before it is submitted
PREDICTED = 4
INFO_EVERY_SECONDS = 0.1


@dataclass
class Shared:
    """What all clients know of each other."""

    tickets: Iterator[int]
    ledger: Ledger = field(default_factory=Ledger)
    lock: threading.Lock = field(default_factory=threading.Lock)
    # image -> who has been given it and has not begun to submit it
    held: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=lambda: {"next": [], "infer": [], "submit": []})
    repeated: int = 0
    wrong: list[str] = field(default_factory=list)


def run(folder: Path, submissions: int, clients: int) -> Report:
    """Loads a server until every submission is in, and looks at the study then."""
    studies = folder / "studies"
    write_images(studies, submissions)
    report = Report(f"{clients} clients, {submissions} submissions")
    with Server(studies, folder / "server") as server:
        began = time.monotonic()
        report.figures["info, idle"] = spread([_timed_info(server.url) for _ in range(50)])
        with Progress() as progress, _watching_info(server.url) as info:
            shared = Shared(iter(progress.track(range(submissions), description="submissions")))
            threads = [threading.Thread(target=_work, args=(server, shared, f"client{n}")) for n in range(clients)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        seconds = time.monotonic() - began
        look = shared.ledger.look(studies)
    report.wrong = [*shared.wrong, *look.wrong]
    if shared.ledger.acknowledged != submissions:
        report.wrong.append(f"{shared.ledger.acknowledged} of {submissions} were acknowledged")
    report.figures |= {name: spread(taken) for name, taken in {**shared.seconds, "info": info}.items()}
    report.figures |= {"repeated after 503": shared.repeated, "submissions a second": round(submissions / seconds, 1)}
    return report


def _work(server: Server, shared: Shared, who: str) -> None:
    session = requests.Session()
    for turn in itertools.count():
        with shared.lock:
            if next(shared.tickets, None) is None:
                return
        strategy = ("first", "random")[turn % 2]
        told = _ask(session, shared, "next", "POST", f"{server.url}/activelearning/{strategy}", json={"client_id": who})
        if told is None or "id" not in told.json():
            shared.wrong.append(f"{who} was given no image")
            return
        image = str(told.json()["id"])
        with shared.lock:
            holder = shared.held.setdefault(image, who)
        if holder != who:
            shared.wrong.append(f"{image} was given to {who} while {holder} had it")
        if turn % PREDICTED == 0:
            _ask(session, shared, "infer", "POST", f"{server.url}/infer/fetal_head?image={image}&output=image")
        with shared.lock:
            shared.held.pop(image, None)
        number = shared.ledger.begin(image)
        files = {"label": ("mask.png", png_of(mask_of(number)))}
        data = {"params": f'{{"client_id": "{who}"}}'}
        answer = _ask(session, shared, "submit", "PUT", f"{server.url}/datastore/label?image={image}", data=data, files=files)
        shared.ledger.end(number, acknowledged=answer is not None)


def _ask(session: requests.Session, shared: Shared, what: str, method: str, url: str, **said: Any) -> requests.Response | None:
    """An answer with status 200, asked for again while the server honestly says that it is busy; None for any other."""
    while True:
        began = time.perf_counter()
        answer = session.request(method, url, timeout=120, **said)
        if answer.status_code == 503 and "Retry-After" in answer.headers:
            shared.repeated += 1
            time.sleep(float(answer.headers["Retry-After"]))
            continue
        shared.seconds[what].append(time.perf_counter() - began)
        if answer.status_code == 200:
            return answer
        shared.wrong.append(f"{what}: {answer.status_code} {answer.text[:200]}")
        return None


@contextmanager
def _watching_info(url: str) -> Iterator[list[float]]:
    """Asks what the server is, again and again, from a process of its own: threads of this one wait for each other.

    The list has the seconds of each answer once it is over.
    """
    spawn, seconds = multiprocessing.get_context("spawn"), []
    stop, told = spawn.Event(), spawn.Queue()
    process = spawn.Process(target=_watch_info, args=(url, stop, told), daemon=True)
    process.start()
    try:
        yield seconds
        stop.set()
        seconds.extend(told.get(timeout=120))
    finally:
        process.kill()


def _watch_info(url: str, stop: Event, told: Queue[list[float]]) -> None:
    seconds = []
    while not stop.wait(INFO_EVERY_SECONDS):
        seconds.append(_timed_info(url))
    told.put(seconds)


def _timed_info(url: str) -> float:
    began = time.perf_counter()
    requests.get(f"{url}/info/", timeout=120).raise_for_status()
    return time.perf_counter() - began
