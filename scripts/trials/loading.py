"""Clients that ask for the next image, predict, submit and ask what the server is, all at once."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
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
    seconds: dict[str, list[float]] = field(default_factory=lambda: {"next": [], "infer": [], "submit": [], "info": []})
    repeated: int = 0
    wrong: list[str] = field(default_factory=list)


def run(folder: Path, submissions: int, clients: int) -> Report:
    """Loads a server until every submission is in, and looks at the study then."""
    studies = folder / "studies"
    write_images(studies, submissions)
    server = Server(studies, folder / "server")
    server.start()
    report = Report(f"{clients} clients, {submissions} submissions")
    began, stop = time.monotonic(), threading.Event()
    try:
        report.figures["info, idle"] = spread([_timed_info(server) for _ in range(50)])
        with Progress() as progress:
            shared = Shared(iter(progress.track(range(submissions), description="submissions")))
            watcher = threading.Thread(target=_watch_info, args=(server, shared, stop))
            threads = [threading.Thread(target=_work, args=(server, shared, f"client{n}")) for n in range(clients)]
            for thread in (watcher, *threads):
                thread.start()
            for thread in threads:
                thread.join()
            stop.set()
            watcher.join()
        seconds = time.monotonic() - began
        look = shared.ledger.look(studies)
    finally:
        server.kill()
    report.wrong = [*shared.wrong, *look.wrong]
    if shared.ledger.acknowledged != submissions:
        report.wrong.append(f"{shared.ledger.acknowledged} of {submissions} were acknowledged")
    report.figures |= {name: spread(taken) for name, taken in shared.seconds.items()}
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


def _watch_info(server: Server, shared: Shared, stop: threading.Event) -> None:
    while not stop.wait(INFO_EVERY_SECONDS):
        shared.seconds["info"].append(_timed_info(server))


def _timed_info(server: Server) -> float:
    began = time.perf_counter()
    requests.get(f"{server.url}/info/", timeout=120).raise_for_status()
    return time.perf_counter() - began
