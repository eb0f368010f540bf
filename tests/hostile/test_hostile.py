"""A real server under every attack of the corpus: nothing breaks, nothing leaks, nothing is written where it does not belong."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import psutil
import pytest
import requests
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from fetal_head.config import load_settings
from fetal_head.datasets import Case, StudyWriter
from fetal_head.imaging import read_mask
from fetal_head.phantom import phantom
from fetal_head.store.recovery.checking import check
from fetal_head.store.store import Store
from hostile.attack import Attack, ask
from hostile.corpus import attacks
from hostile.volumes import nrrd_of
from serving import Server, serving

pytestmark = pytest.mark.slow

SECRET = "what nobody may read: 6f1c0a"
MOST_MEMORY = 1_000_000_000
IMAGE, CLEAN = "phantom-0", "phantom-1"


@dataclass(frozen=True)
class Outcome:
    """An attack, and what came of it; status 0 when the server hung up or did not answer."""

    attack: Attack
    status: int
    body: bytes

    @property
    def is_right(self) -> bool:
        return self.status in self.attack.expected

    def __str__(self) -> str:
        return f"{self.attack.name}: {self.status} {self.body[:150]!r}"


@dataclass(frozen=True)
class Siege:
    """A server that was attacked with all of the corpus, and how everything around it was before."""

    server: Server
    masks: list[NDArray[np.uint8]]
    outcomes: list[Outcome]
    grown: int
    before: dict[str, str]
    root: Path


@pytest.fixture(scope="module")
def siege(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    root = tmp_path_factory.mktemp("siege")
    (root / "secret.txt").write_text(SECRET)
    (root / "temporary").mkdir()
    phantoms = [phantom(seed) for seed in range(2)]
    with StudyWriter(root / "study") as study:
        for number, drawn in enumerate(phantoms):
            study.add(Case(f"phantom-{number}", drawn.image, patient=f"p{number}", spacing=drawn.spacing))
    masks = [np.asarray(drawn.mask) for drawn in phantoms]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(root / "temporary"))
        patch.setenv("MONAI_LABEL_SESSION_PATH", str(root / "server" / "sessions"))
        with serving(root / "study", root / "server") as server:
            before = _around(root)
            process = _process(server)
            start, outcomes, most = process.memory_info().rss, [], 0
            for attack in attacks(IMAGE, masks[0], root / "secret.txt"):
                outcomes.append(_outcome(server, attack))
                most = max(most, process.memory_info().rss if process.is_running() else 0)
            most = max(most, _peak(process))
            yield Siege(server, masks, outcomes, most - start, before, root)


def test_the_corpus_is_large(siege: Siege) -> None:
    assert len(siege.outcomes) > 1000


def test_every_attack_is_answered_and_none_with_an_error_of_the_server(siege: Siege) -> None:
    broken = [str(outcome) for outcome in siege.outcomes if not 100 <= outcome.status < 500]
    assert not broken, f"{len(broken)} attacks broke the server:\n" + "\n".join(broken)


def test_every_attack_is_refused_or_was_none(siege: Siege) -> None:
    wrong = [str(outcome) for outcome in siege.outcomes if not outcome.is_right and outcome.status < 500]
    assert not wrong, f"{len(wrong)} attacks had another answer than is right:\n" + "\n".join(wrong)


def test_the_secret_stays_one(siege: Siege) -> None:
    told = [outcome.attack.name for outcome in siege.outcomes if SECRET.encode() in outcome.body]
    assert not told


def test_nothing_is_written_outside_the_study_and_the_app(siege: Siege) -> None:
    after = _around(siege.root)
    assert not {path for path in after.keys() | siege.before.keys() if after.get(path) != siege.before.get(path)}
    assert not Path("/tmp/fetal-head-pwned").exists()


def test_memory_stays_bounded(siege: Siege) -> None:
    assert siege.grown < MOST_MEMORY


def test_work_goes_on_afterwards(siege: Siege, tmp_path: Path) -> None:
    url, mask = siege.server.url, siege.masks[1]
    assert requests.post(f"{url}/infer/fetal_head?image={CLEAN}", timeout=60).ok
    files = {"label": ("mask.nrrd", nrrd_of(mask[None], "uint8"))}
    assert requests.put(f"{url}/datastore/label?image={CLEAN}", files=files, timeout=60).ok
    (tmp_path / "mask.nrrd").write_bytes(requests.get(f"{url}/datastore/label?label={CLEAN}&tag=final", timeout=60).content)
    assert_array_equal(read_mask(tmp_path / "mask.nrrd", mask.shape), mask)
    assert check(Store.open(siege.server.studies, load_settings().store)) == []


def _outcome(server: Server, attack: Attack) -> Outcome:
    try:
        return Outcome(attack, *ask(server.url, attack))
    except (OSError, http.client.HTTPException) as error:
        return Outcome(attack, 0, repr(error).encode())


def _process(server: Server) -> psutil.Process:
    port = int(server.url.rsplit(":", 1)[1])
    children = psutil.Process().children(recursive=True)
    return next(p for p in children if any(c.laddr.port == port and c.status == psutil.CONN_LISTEN for c in p.net_connections()))


def _peak(process: psutil.Process) -> int:
    """The most memory that a process ever had, where the system keeps that."""
    try:
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def _around(root: Path) -> dict[str, str]:
    """Every file that is not of the study, the app or the server's own, with its content."""
    own = ("study", "server", "temporary")
    files = [path for path in root.rglob("*") if path.relative_to(root).parts[0] not in own]
    return {
        str(path.relative_to(root)): sha256(path.read_bytes()).hexdigest() if path.is_file() else "" for path in sorted(files)
    }
