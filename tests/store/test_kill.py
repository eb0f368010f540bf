"""kill -9 at any moment: what was acknowledged is there, nothing is torn, and the store starts."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from masks import mask_of
from numpy.testing import assert_array_equal

from fetal_head.config import StoreSettings
from fetal_head.imaging import read_mask
from fetal_head.store.labels.history import entries
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.recovery.checking import UNKNOWN, check
from fetal_head.store.study import StudyDatastore

ROUNDS, STEP = 15, 300
# forks for every round: what is done for the first time takes seconds, and each round has to begin at once
SUBMITTER = """
import os, sys
from fetal_head.config import StoreSettings
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.study import StudyDatastore
from masks import submit

def tell(*words):
    # in one piece: half a line of one that is killed would be taken for the beginning of the next
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

settings = StoreSettings(database_url=sys.argv[2], lease_minutes=30, readers=1)
warm = StudyDatastore(sys.argv[1], settings)
submit(warm, "a", 7000)
warm.store.database.close()
for line in sys.stdin:
    number = int(line)
    child = os.fork()
    if child == 0:
        tell("begins", os.getpid())
        study = StudyDatastore(sys.argv[1], settings)
        tell("opened")
        while True:
            image = "abc"[number % 3]
            submit(study, image, number)
            tell("kept", image, number)
            if number % 7 == 6:
                study.remove_label(image, FINAL)
            number += 1
    os.waitpid(child, 0)
    tell("ended")
"""


def test_no_acknowledged_label_is_ever_lost(folder: Path, settings: StoreSettings) -> None:
    draw = random.Random(0)
    kept: dict[int, str] = {}
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", SUBMITTER, str(folder), settings.database_url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdin
        assert process.stdout
        for number in range(ROUNDS):
            print(number * STEP, file=process.stdin, flush=True)
            child = int(process.stdout.readline().split()[1])
            # now and then already while it opens the store, else in the midst of one of its first submissions
            for _ in range(draw.randrange(6) if number % 5 else 0):
                _hear(process.stdout.readline(), kept)
            time.sleep(draw.uniform(0, 0.06))
            os.kill(child, 9)
            while (line := process.stdout.readline()) != "ended\n":
                _hear(line, kept)
        process.stdin.close()
    assert len(kept) > ROUNDS, "hardly anything was submitted"

    study = StudyDatastore(str(folder), settings)
    found = {image: entries(study.store, image) for image in "abc"}
    masks = {image: [read_mask(entry.file) for entry in past] for image, past in found.items()}
    for number, image in kept.items():
        assert any((mask == mask_of(number)).all() for mask in masks[image]), f"submission {number} of {image} is lost"
    for image, past in found.items():
        current = [entry for entry in past if entry.current]
        uri = study.get_label_uri(image, FINAL)
        assert bool(uri) == bool(current)
        if current:
            assert_array_equal(read_mask(uri), read_mask(current[0].file))
    assert all(UNKNOWN in sentence or ".json is not" in sentence for sentence in check(study.store))


def _hear(line: str, kept: dict[int, str]) -> None:
    word, *rest = line.split()
    if word == "kept":
        kept[int(rest[1])] = rest[0]
