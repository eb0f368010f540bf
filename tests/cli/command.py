"""What a command of `fetal-head` leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Done:
    """What a command printed."""

    stdout: str
    stderr: str


Run = Callable[..., Done]
