"""A student learns the LV that its teacher is sure of, where nobody annotated one, and nothing else."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch

from fetal_head.learning.samples import MARGIN, Sample, make_sample
from fetal_head.model.network import Architecture
from serving import ROOT
from small_labels import small_settings

sys.path.insert(0, str(ROOT / "scripts"))

from teaching import with_sure_lv

SETTINGS = small_settings().model
NETWORKS = Architecture.of(SETTINGS)
ROWS, COLUMNS = (side + MARGIN for side in NETWORKS.frame_size)
# below and above the middle of the head, the same in its mirror image
LV, CSP = ((slice(ROWS // 2 + start, ROWS // 2 + start + 6), slice(COLUMNS // 2 - 6, COLUMNS // 2 + 6)) for start in (2, -8))


def _sample(*annotated: str) -> Sample:
    rows, columns = np.mgrid[-60:60, -90:90]
    head = ((rows / 50) ** 2 + (columns / 70) ** 2 < 1).astype(np.uint8)
    head[55:60, 85:95] = 3 * ("LV" in annotated)
    return make_sample("a", "a", head.astype(np.float32), head, annotated, NETWORKS)


class Teacher(torch.nn.Module):
    """Sees the head as it is bright, is sure of a CSP, and sees an LV with one probability."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self._logit = torch.logit(torch.tensor(probability))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        head = torch.where(images > images.amax() / 2, 9.0, -9.0)
        csp, lv = torch.full_like(head, -9.0), torch.full_like(head, -9.0)
        csp[(..., *CSP)], lv[(..., *LV)] = 9.0, self._logit
        return torch.cat([head, csp, lv], dim=1)


def _taught(sample: Sample, probability: float) -> Sample:
    return with_sure_lv([sample], Teacher(probability), SETTINGS.threshold, SETTINGS.smallest_share)[0]


@pytest.mark.parametrize(("probability", "known"), [(0.95, 1), (0.85, 0), (0.3, 0), (0.1, 1)])
def test_only_what_the_teacher_is_sure_of_is_learned(probability: float, known: int) -> None:
    sample = _sample("BRAIN")
    taught = _taught(sample, probability)
    assert taught.framed is not None
    assert sample.framed is not None
    assert taught.framed.known.tolist() == [1, 0, known]
    seen = torch.zeros_like(taught.framed.target[2])
    seen[LV] = probability > 0.9
    assert torch.equal(taught.framed.target[2], seen)
    assert torch.equal(taught.framed.target[:2], sample.framed.target[:2])


def test_what_people_annotated_stays() -> None:
    sample = _sample("BRAIN", "CSP", "LV")
    assert _taught(sample, 0.95) == sample
