"""Which labels or samples a model learned from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

import torch

from fetal_head.learning.samples import Labelled, Sample, View


def learned_and_held(learned: Sequence[Labelled], held: Sequence[Labelled]) -> dict[str, Any]:
    """What to keep with a model of the labels that it learned from, and of those of other patients that it was judged on.

    `images` counts the former. Raises OSError: a mask file is gone.
    """
    return {
        "images": len(learned),
        "patients": sorted({label.patient_id for label in learned}),
        "labels": lineage(learned),
        "validation_patients": sorted({label.patient_id for label in held}),
        "validation_labels": lineage(held),
    }


def lineage(labels: Iterable[Labelled]) -> dict[str, Any]:
    """What to keep with a model so that its training set is known again: `count`, `digest` and `masks`, whatever their order.

    `masks` has the first 12 hexadecimal digits of the SHA-256 of each label's mask file, by id: 40 bytes a label, so the header
    of a model of 20,000 labels stays below 1 MB. `digest` is a SHA-256 over all labels, each with its id, patient, annotated
    structures and the whole hash of its mask file.

    Raises:
        OSError: a mask file is gone.
    """
    hashes = {label: sha256(label.mask.read_bytes()).hexdigest() for label in sorted(labels, key=lambda label: label.id)}
    lines = [json.dumps([label.id, label.patient_id, label.annotated, digest]) for label, digest in hashes.items()]
    return {
        "count": len(hashes),
        "digest": sha256("\n".join(lines).encode()).hexdigest(),
        "masks": {label.id: digest[:12] for label, digest in hashes.items()},
    }


def fingerprint(samples: Iterable[Sample]) -> str:
    """A SHA-256 over all that is learned from samples, in their order: each one's id, patient and views."""
    whole = sha256()
    for sample in samples:
        whole.update(json.dumps([sample.id, sample.patient]).encode())
        for view in (sample.whole, sample.framed):
            whole.update(_bytes(view) if view else b"none")
    return whole.hexdigest()


def _bytes(view: View) -> bytes:
    tensors = view.image, view.target, view.known
    # shapes too: 2 x 3 zeros are others than 3 x 2
    return b"".join(str(tuple(t.shape)).encode() + t.contiguous().view(torch.uint8).numpy().tobytes() for t in tensors)
