"""What a model is sure of in images in which nobody annotated it, for another one to learn from (self-training)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from fetal_head.labels import LV, NAMES
from fetal_head.learning.samples import Sample, View
from fetal_head.model.postprocessing import regions_of
from fetal_head.model.segmenter import mirrored_mean

INDEX = NAMES.index(LV.name)
# mean probability within an LV that is there, and the largest in a head that has none
SURE, NONE = 0.9, 0.2


@torch.inference_mode()
def with_sure_lv(samples: Sequence[Sample], teacher: torch.nn.Module, threshold: float, smallest_share: float) -> list[Sample]:
    """The samples, with the LV of those in which it is unknown and the `teacher`, a segmenter, is sure of it.

    Only the LV: of a CSP a student believes more than its teacher does, and false ones are what it has too many of.
    """
    teacher = teacher.eval()

    def taught(view: View) -> View:
        probabilities = mirrored_mean(teacher, view.image.float())
        lv, region = probabilities[INDEX], regions_of(probabilities, threshold, smallest_share)[INDEX]
        is_there = bool(region.any()) and lv[region].mean() > SURE
        if not is_there and lv[view.target[0].numpy()].max(initial=0) >= NONE:
            return view
        target, known = view.target.clone(), view.known.clone()
        target[INDEX], known[INDEX] = torch.from_numpy(region & is_there), 1
        return replace(view, target=target, known=known)

    return [
        sample if sample.framed is None or sample.framed.known[INDEX] else replace(sample, framed=taught(sample.framed))
        for sample in samples
    ]
