"""What a viewer's Train form may say."""

from __future__ import annotations

import pytest

from fetal_head.learning.form import with_form
from small_labels import small_settings


@pytest.mark.parametrize("wrong", [0, -1, "abc"])
def test_a_value_out_of_bounds_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="max_epochs: Input should be"):
        with_form(small_settings(), {"max_epochs": wrong})


@pytest.mark.parametrize("empty", [{}, {"max_epochs": None}, {"max_epochs": ""}])
def test_what_is_left_empty_is_as_in_the_settings(empty: dict[str, object]) -> None:
    assert with_form(small_settings(), empty) == small_settings()
    assert with_form(small_settings(), {**empty, "train_batch_size": "2"}).learning.batch_size == 2
