"""The surer the model, the lower the score; and disagreement is told from each copy's own doubt."""

from __future__ import annotations

import numpy as np
import torch

from fetal_head.selection.scores import doubt


def _logits(certainty: float, *, copies: int = 4) -> torch.Tensor:
    """(1, copies, 3, 64, 96): all copies say the same with this probability."""
    planes = torch.full((3, 64, 96), 1e-6)
    planes[0, 16:48, 16:80] = certainty
    planes[1, 30:46, 20:36] = certainty
    planes[2, 38:50, 50:66] = certainty
    return planes.logit().expand(1, copies, -1, -1, -1).clone()


def test_entropy_follows_doubt_and_agreeing_copies_have_no_bald() -> None:
    found = doubt(torch.cat([_logits(c) for c in (0.999, 0.9, 0.7, 0.55)]))
    entropy = found.entropy.numpy()
    assert (np.diff(entropy, axis=0) > 0).all()
    assert (entropy[0] < 0.1 * entropy[1]).all()
    assert found.bald.numpy().max() < 1e-5
    assert (np.diff(found.epistemic.numpy()) > 0).all()
    assert found.area[0].tolist() == [32 * 64, 16 * 16, 12 * 16]


def test_copies_that_contradict_each_other_surely_are_all_bald() -> None:
    surely = torch.cat([_logits(0.9999), _logits(0.9999)])
    surely[1, :2, 2] = -9.0  # half of the copies see no LV at all
    found = doubt(surely)
    assert found.bald[1, 2] > 0.9 * found.entropy[1, 2] > 0.5
    assert found.bald[1, :2].max() < 1e-3
    assert found.bald[0].max() < 1e-5


def test_doubt_about_a_small_structure_counts_like_doubt_about_the_head() -> None:
    lv = _logits(0.9999)
    lv[0, :, 2, 38:50, 50:66] = torch.tensor(0.6).logit()
    head = _logits(0.9999)
    head[0, :, 0, 16:19, 16:80] = torch.tensor(0.6).logit()  # as many pixels, of a structure ten times as large
    scores = doubt(torch.cat([_logits(0.9999), head, lv])).entropy.mean(dim=1)
    assert scores[0] < scores[1] < scores[2]


def test_nothing_there_is_no_doubt() -> None:
    assert doubt(_logits(1e-6)).entropy.max() < 1e-3


def test_bald_is_the_mutual_information_however_sure_the_copies_are() -> None:
    logits = 30 * torch.randn(2, 4, 3, 48, 64, generator=torch.Generator().manual_seed(0))
    logits[0, :, :, :8] = 200.0
    logits[1, :, :, :8] = -200.0
    copies = torch.distributions.Bernoulli(logits=logits.double())
    mean = copies.probs.mean(1)
    information = torch.distributions.Bernoulli(mean).entropy() - copies.entropy().mean(1)
    expected = (mean * information).sum(dim=(-2, -1)) / mean.sum(dim=(-2, -1))
    assert torch.allclose(doubt(logits).bald.double(), expected, atol=1e-5)
