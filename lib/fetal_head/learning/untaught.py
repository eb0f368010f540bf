"""What few or no labels of a training spoke of: a model may forget it, and no image tells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fetal_head.labels import NAMES
from fetal_head.learning.judging import JudgedOn, Verdict
from fetal_head.learning.samples import Sample


def taught(samples: Sequence[Sample]) -> dict[str, float]:
    """By structure, the share of these samples whose label speaks of it."""
    known = [sample.framed.known.numpy() > 0 for sample in samples if sample.framed is not None] or [np.zeros(len(NAMES), bool)]
    return dict(zip(NAMES, np.mean(known, axis=0).tolist(), strict=True))


def cautious(verdict: Verdict, samples: Sequence[Sample]) -> Verdict:
    """The verdict on a model that learned from these samples: better in heads, it may have lost CSP and LV."""
    if not verdict.better:
        return verdict
    shares = taught(samples)
    untaught = [name for name, share in shares.items() if share == 0]
    # on the images that it learned from, it may know the few by heart
    judged = () if verdict.judged_on == JudgedOn.TRAINING.value else verdict.structures
    unjudged = [name for name, share in shares.items() if 0 < share < 0.5 and name not in judged]
    for names, who in (
        (untaught, "no label that it learned from speaks"),
        (unjudged, "few labels that it learned from, and none of other patients that it was compared on, speak"),
    ):
        if names:
            what = f"{who} of {' and '.join(names)}, which it may have forgotten"
            verdict = verdict.but(f"{what}: label that as well, or look at what it draws now and publish it by hand")
    return verdict
