"""Into the head's own frame and back."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import ndimage

from fetal_head.biometry.ellipse import Ellipse, fit_ellipse
from fetal_head.model.frame import HEAD_SHARE, Frame, cut, put_back, window_of

SIZE = (144, 192)


def _drawn(ellipse: Ellipse, shape: tuple[int, int]) -> torch.Tensor:
    return torch.from_numpy(ellipse.region(shape))[None].float()


heads = st.builds(
    Ellipse,
    st.tuples(st.floats(300, 500), st.floats(200, 300)),
    st.floats(220, 380),
    st.floats(150, 210),
    st.floats(-math.pi / 2 + 0.01, math.pi / 2),
)


@settings(max_examples=25)
@given(heads)
def test_a_head_is_centred_level_and_of_one_size(head: Ellipse) -> None:
    framed = cut(_drawn(head, (540, 800)), Frame.around(head, SIZE), SIZE)[0] > 0.5
    found = fit_ellipse(framed.numpy())
    assert found is not None
    assert found.centre == pytest.approx(((SIZE[1] - 1) / 2, (SIZE[0] - 1) / 2), abs=0.3)
    assert found.angle == pytest.approx(0, abs=0.02)
    assert found.major == pytest.approx(HEAD_SHARE * SIZE[1], rel=0.01)
    assert found.minor / found.major == pytest.approx(head.minor / head.major, rel=0.01)


@settings(max_examples=25)
@given(heads, st.sampled_from([(540, 800), (661, 959)]))
def test_what_is_put_back_lies_where_it_was(head: Ellipse, shape: tuple[int, int]) -> None:
    truth = _drawn(head, shape)
    frame = Frame.around(head, SIZE)
    back = put_back(cut(truth, frame, SIZE), frame, shape)
    found = fit_ellipse((back[0] > 0.5).numpy())
    assert back.shape == truth.shape
    assert found is not None
    assert found.centre == pytest.approx(head.centre, abs=0.1)
    assert found.major == pytest.approx(head.major, rel=0.005)
    assert found.minor == pytest.approx(head.minor, rel=0.005)


@given(heads)
def test_an_ellipse_of_the_frame_lies_in_the_image_as_what_it_was_cut_from(head: Ellipse) -> None:
    level = Ellipse(
        ((SIZE[1] - 1) / 2, (SIZE[0] - 1) / 2), HEAD_SHARE * SIZE[1], HEAD_SHARE * SIZE[1] * head.minor / head.major, 0.0
    )
    back = Frame.around(head, SIZE).to_image(level, SIZE)
    assert back.centre == pytest.approx(head.centre)
    assert (back.major, back.minor) == pytest.approx((head.major, head.minor))
    assert math.cos(2 * (back.angle - head.angle)) == pytest.approx(1)


def test_up_stays_up() -> None:
    image = torch.zeros(1, 200, 300)
    image[0, :100] = 1
    for angle in np.linspace(-1.5, 1.5, 7):
        framed = cut(image, Frame.around(Ellipse((150.0, 100.0), 120.0, 90.0, float(angle)), SIZE), SIZE)[0]
        assert framed[: SIZE[0] // 2].mean() > framed[SIZE[0] // 2 :].mean()


def test_beyond_the_image_is_black_and_outside_the_frame_nothing_is_found() -> None:
    frame = Frame((0.0, 0.0), 0.0, 1.0)
    corner = cut(torch.ones(1, 200, 300), frame, SIZE)[0]
    assert not corner[:70, :90].any()
    assert corner[74:, 98:].all()
    back = put_back(torch.ones(1, *SIZE), frame, (200, 300))[0]
    assert back[:70, :94].all()
    assert not back[75:, 99:].any()


@settings(max_examples=30)
@given(st.floats(-1.5, 1.5), st.floats(0.05, 0.6))
def test_the_window_of_a_region_holds_all_of_its_outline(angle: float, scale: float) -> None:
    frame, shape = Frame((200.0, 150.0), angle, scale), (300, 400)
    y, x = np.mgrid[:96, :128]
    probability = np.clip(0.9 - np.maximum(abs(x - 63.5), abs(y - 47.5)) * 0.04, 0, 1).astype(np.float32)
    region = probability > 0.5
    alone = np.where(ndimage.binary_dilation(region, np.ones((3, 3))), probability, 0)
    found = put_back(torch.from_numpy(alone)[None], frame, shape)[0].numpy() > 0.5
    window = window_of(region, frame, shape)
    assert window is not None
    in_window = put_back(torch.from_numpy(alone)[None], frame, shape, window)[0].numpy() > 0.5
    assert_array_equal(in_window, found[window])
    assert in_window.sum() == found.sum()
