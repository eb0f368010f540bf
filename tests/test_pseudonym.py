"""What a log calls an image."""

from __future__ import annotations

from fetal_head.pseudonym import nameless, pseudonym, without_file


def test_a_pseudonym_is_always_the_same_and_short() -> None:
    assert pseudonym("a") == "ca978112ca1b"
    assert len({pseudonym(f"Anna-{number}") for number in range(1000)}) == 1000


def test_names_go_and_other_words_stay() -> None:
    text = nameless("Anna_1.png: 'Anna_1' is not Anna_12, nor banana", ["Anna_1", "Anna_12", "", "ana"])
    assert text == f"{pseudonym('Anna_1')}.png: '{pseudonym('Anna_1')}' is not {pseudonym('Anna_12')}, nor banana"


def test_an_error_is_told_without_its_file() -> None:
    error = PermissionError(13, "Permission denied", "/study/Anna.png")
    assert without_file(error) == "PermissionError: Permission denied"
    wrapped = ValueError("/study/Anna.png cannot be written")
    wrapped.__cause__ = error
    assert without_file(wrapped) == "ValueError: Permission denied"
    assert without_file(ValueError("no")) == "no"
