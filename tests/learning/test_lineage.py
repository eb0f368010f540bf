"""Which labels a model learned from, by hash."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import torch

from fetal_head.learning.lineage import fingerprint, lineage
from fetal_head.learning.samples import Labelled, Sample, View


@pytest.fixture
def labels(tmp_path: Path) -> list[Labelled]:
    for name in "abc":
        (tmp_path / name).write_bytes(name.encode() * 10)
    return [Labelled(name, tmp_path / "image.png", tmp_path / name, "someone", ("BRAIN", "CSP")) for name in "abc"]


def test_it_names_every_mask_by_its_hash_whatever_the_order(labels: list[Labelled]) -> None:
    found = lineage(labels)
    assert found["count"] == 3
    assert found["masks"]["b"] == sha256(b"b" * 10).hexdigest()[:12]
    assert json.loads(json.dumps(found)) == found == lineage(labels[::-1])
    assert len(found["digest"]) == 64


@pytest.mark.parametrize(
    "change",
    [
        lambda label: replace(label, id="other"),
        lambda label: replace(label, patient="other"),
        lambda label: replace(label, annotated=("BRAIN",)),
        lambda label: label.mask.write_bytes(b"corrected") and label,
    ],
)
def test_any_change_of_what_is_learned_changes_the_digest(labels: list[Labelled], change: Callable[[Labelled], Labelled]) -> None:
    before = lineage(labels)["digest"]
    assert lineage(labels[:2])["digest"] != before
    assert lineage([change(labels[0]), *labels[1:]])["digest"] != before


def test_a_large_set_stays_small_in_a_model_file(tmp_path: Path) -> None:
    (tmp_path / "mask").write_bytes(b"mask")
    many = [Labelled(f"Patient{i:05}_Plane3_1_of_2", tmp_path, tmp_path / "mask") for i in range(4000)]
    assert len(json.dumps(json.dumps(lineage(many)))) < 400_000


def test_a_fingerprint_is_that_of_all_that_is_learned() -> None:
    view = View(torch.zeros(1, 2, 3).half(), torch.zeros(1, 2, 3, dtype=torch.bool), torch.ones(1))
    sample = Sample("a", "someone", view, view)
    others = [
        replace(sample, id="b"),
        replace(sample, patient="other"),
        replace(sample, framed=None),
        replace(sample, whole=replace(view, image=view.image + 1)),
        replace(sample, whole=replace(view, image=view.image.reshape(1, 3, 2))),
        replace(sample, framed=replace(view, target=~view.target)),
        replace(sample, framed=replace(view, known=view.known * 0)),
    ]
    assert fingerprint([sample]) == fingerprint([replace(sample, whole=replace(view, image=view.image.clone()))])
    assert len({fingerprint([other]) for other in (sample, *others)}) == len(others) + 1
