"""What a viewer's Train form may say."""

from __future__ import annotations

import pytest

from fetal_head.learning.form import from_served, with_form
from small_labels import small_settings


@pytest.mark.parametrize("wrong", [0, -1, "abc"])
def test_a_value_out_of_bounds_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="max_epochs: Input should be"):
        with_form(small_settings(), {"max_epochs": wrong})


@pytest.mark.parametrize("empty", [{}, {"max_epochs": None}, {"max_epochs": ""}])
def test_what_is_left_empty_is_as_in_the_settings(empty: dict[str, object]) -> None:
    assert with_form(small_settings(), empty) == small_settings()
    assert with_form(small_settings(), {**empty, "train_batch_size": "2"}).learning.batch_size == 2


@pytest.mark.parametrize(
    ("said", "meant"),
    [({}, True), ({"pretrained": None}, True), ({"pretrained": ""}, True)]
    + [({"pretrained": yes}, True) for yes in (True, "true", "True", 1)]
    + [({"pretrained": no}, False) for no in (False, "false", "False", 0, "0")],
)
def test_no_is_no_in_whatever_form_it_comes(said: dict[str, object], meant: bool) -> None:
    assert from_served(said) is meant


@pytest.mark.parametrize("wrong", ["perhaps", 2, []])
def test_what_is_neither_yes_nor_no_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="pretrained: Input should be a valid boolean"):
        from_served({"pretrained": wrong})
