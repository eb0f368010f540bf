"""SIGKILL of a server at random moments, while clients submit without a pause."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import requests
from rich.progress import track

from trials.forking import prepare
from trials.ledger import Ledger
from trials.masks import mask_of, png_of, write_images
from trials.process import Server
from trials.report import Report, spread

IMAGES = 12
# every so manieth kill comes before the server answers
EARLY = 8
# every so manieth start is that of a new interpreter; the others are forks of one that has its imports done
WHOLE = 10
LONGEST_START = 10.0


def run(folder: Path, kills: int, clients: int, seed: int) -> Report:
    """Kills a server `kills` times, and looks at the study after each restart and after the last one."""
    draw = random.Random(seed)
    studies = folder / "studies"
    images = write_images(studies, IMAGES)
    server, ledger = Server(studies, folder / "server"), Ledger()
    prepare()
    whole, forked, computed, refused, leftovers = [server.start()], [], [server.cpu_seconds], 0, 0
    report = Report(f"SIGKILL of the server, {clients} clients")
    for number in track(range(kills), description="kills"):
        if number % EARLY == EARLY - 1:
            server.kill()
            server.begin(forked=True)
            time.sleep(draw.uniform(0, (forked or whole)[-1]))
        else:
            refused += _submit_until_killed(server, ledger, images, clients, draw)
        server.kill()
        if number % WHOLE == WHOLE - 1:
            whole.append(server.start())
            computed.append(server.cpu_seconds)
        else:
            forked.append(server.start(forked=True))
        look = ledger.look(studies)
        leftovers = max(leftovers, look.leftovers)
        report.wrong += [f"kill {number + 1}: {sentence}" for sentence in look.wrong]
    server.kill()
    report.wrong += [f"{refused} submissions were refused"] if refused else []
    report.figures = {
        "kills": kills,
        "of which before it answered": kills // EARLY,
        "submissions": len(ledger.sent),
        "acknowledged": ledger.acknowledged,
        "kept though their client never heard so": ledger.kept_unacknowledged,
        "files of nobody in the history, at most": leftovers,
        "start": spread(whole),
        "start, CPU": spread(computed),
        "of which MONAI Label's own import, alone": spread(_imports()),
        "start without imports": spread(forked),
        f"starts that took more than {LONGEST_START:.0f} s": sum(s > LONGEST_START for s in [*whole, *forked]),
    }
    return report


def _submit_until_killed(server: Server, ledger: Ledger, images: list[str], clients: int, draw: random.Random) -> int:
    """Lets clients submit for a moment, kills the server, and returns how many submissions it refused."""
    stop, refused = threading.Event(), [0] * clients

    def submit(client: int, seed: int) -> None:
        choose, session = random.Random(seed), requests.Session()
        while not stop.is_set():
            image = choose.choice(images)
            number = ledger.begin(image)
            file = {"label": ("mask.png", png_of(mask_of(number)))}
            try:
                answer = session.put(
                    f"{server.url}/datastore/label", {"params": "{}"}, params={"image": image}, files=file, timeout=60
                )
            except requests.RequestException:
                ledger.end(number, acknowledged=False)
                return
            ledger.end(number, acknowledged=answer.status_code == 200)
            refused[client] += answer.status_code != 200

    threads = [threading.Thread(target=submit, args=(client, draw.getrandbits(32))) for client in range(clients)]
    for thread in threads:
        thread.start()
    time.sleep(draw.uniform(0.1, 1.5))
    server.kill()
    stop.set()
    for thread in threads:
        thread.join()
    return sum(refused)


def _imports() -> list[float]:
    """Seconds that an interpreter takes for `import monailabel.main`, which comes before anything of an app."""
    seconds = []
    for _ in range(3):
        began = time.monotonic()
        subprocess.run([sys.executable, "-c", "import monailabel.main"], check=True, capture_output=True)
        seconds.append(time.monotonic() - began)
    return seconds
