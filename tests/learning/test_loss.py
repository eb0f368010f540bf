"""What is not annotated teaches nothing."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fetal_head.learning.loss import LossWeights, partial_loss
from fetal_head.learning.metrics import dice_per_image, mean_dice

WEIGHTS = LossWeights(1.0, 1.0, (1.0, 10.0, 5.0))


@settings(max_examples=30)
@given(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=4), st.integers(0, 1000))
def test_unknown_planes_change_nothing(known: list[list[bool]], seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    seen = torch.tensor(known, dtype=torch.float32)
    shape = (len(known), 3, 8, 8)
    logits = torch.randn(shape, generator=generator).requires_grad_()
    target = torch.rand(shape, generator=generator) > 0.5
    loss = partial_loss(logits, target, seen, WEIGHTS)
    loss.backward()
    assert logits.grad is not None
    assert not logits.grad[seen == 0].any()
    flipped = torch.where(seen[:, :, None, None] > 0, target, ~target)
    assert torch.equal(partial_loss(logits, flipped, seen, WEIGHTS), loss)


def test_a_perfect_answer_costs_next_to_nothing_and_a_wrong_one_much() -> None:
    target = torch.zeros(2, 3, 16, 16, dtype=torch.bool)
    target[:, 0, 4:12, 4:12] = True
    target[0, 1, 5:7, 5:8] = True
    target[:, 2, 8:10, 8:11] = True
    logits = torch.where(target, 20.0, -20.0)
    known = torch.ones(2, 3)
    assert partial_loss(logits, target, known, WEIGHTS) < 1e-3
    assert partial_loss(-logits, target, known, WEIGHTS) > 10


def test_dice_by_hand() -> None:
    predicted = torch.zeros(3, 1, 4, 4, dtype=torch.bool)
    target = predicted.clone()
    predicted[0, 0, 0, :2], target[0, 0, 0, 1:4] = True, True
    predicted[1, 0, 0, 0] = True
    dice = dice_per_image(predicted, target)
    assert dice[0, 0] == 2 * 1 / 5
    assert dice[1, 0] == 0
    assert torch.isnan(dice[2, 0])
    assert mean_dice(predicted, target, torch.ones(3, 1)) == [2 / 5]
    assert mean_dice(predicted, target, torch.zeros(3, 1)) == [None]
