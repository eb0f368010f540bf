"""The surer the model, the lower the score."""

from __future__ import annotations

import torch

from fetal_head.selection.scores import uncertainty


def _probabilities(certainty: float) -> torch.Tensor:
    planes = torch.full((3, 64, 96), 1e-5)
    planes[0, 16:48, 16:80] = certainty
    planes[1, 30:36, 20:30] = certainty
    planes[2, 38:44, 50:66] = certainty
    return planes


def test_order_follows_doubt() -> None:
    scores = uncertainty(torch.stack([_probabilities(c) for c in (0.999, 0.9, 0.7, 0.55)]))
    assert scores.tolist() == sorted(scores.tolist())
    assert scores[0] < 0.1 * scores[1]


def test_doubt_about_a_small_structure_counts_like_doubt_about_the_head() -> None:
    sure, head, lv = (_probabilities(0.9999) for _ in range(3))
    lv[2, 38:44, 50:66] = 0.6
    head[0, 16:19, 16:48] = 0.6  # as many pixels, of a structure twenty times as large
    scores = uncertainty(torch.stack([sure, head, lv]))
    assert scores[0] < scores[1] < scores[2]
