"""A newly trained model and the served one, asked of the same labelled images."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from fetal_head.config import Settings
from fetal_head.labels import NAMES
from fetal_head.learning.judging import ImageDice, JudgedOn, Verdict, judge, judged_dice
from fetal_head.learning.samples import Labelled, read_labelled
from fetal_head.model.preprocessing import nested_planes
from fetal_head.model.registry import Version
from fetal_head.model.segmenter import Segmenter, load_segmenter


def compare(
    candidate: Segmenter, served: Version, labels: Sequence[Labelled], judged_on: JudgedOn, settings: Settings
) -> Verdict:
    """The verdict on the candidate. Raises ValueError when the served version or a label cannot be read."""
    current = load_segmenter(served.path, settings.model, served.name)
    ours, theirs = (_dice(model, labels) for model in (candidate, current))
    return judge(ours, theirs, against=served.name, judged_on=judged_on, seed=settings.learning.seed)


def _dice(model: Segmenter, labels: Sequence[Labelled]) -> list[ImageDice]:
    """Dice of each image at its original size."""
    judged = []
    for label in labels:
        image, truth, annotated = read_labelled(label)
        predicted = nested_planes(model.predict(image).mask)
        known = torch.tensor([float(name in annotated) for name in NAMES])
        values = judged_dice(predicted > 0, nested_planes(truth) > 0, known).tolist()
        dice = {name: value for name, value in zip(NAMES, values, strict=True) if name in annotated}
        judged.append(ImageDice(label.id, label.patient_id, dice))
    return judged
