"""What goes wrong with a PACS."""

from __future__ import annotations


class PacsAwayError(Exception):
    """It gives no answer, or lets nobody in, whatever is asked; later it may."""


class PacsRefusalError(ValueError):
    """It answers, and does not do this one thing, or does it wrongly.

    Attributes:
        status: of its answer, where that tells.
    """

    def __init__(self, sentence: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status
