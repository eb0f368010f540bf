"""Work that nobody waits for gives way."""

from __future__ import annotations

import threading
import time

from fetal_head.model.traffic import QUIET_SECONDS, Traffic


def test_one_waits_as_long_as_something_passes_and_a_moment_longer() -> None:
    traffic, went = Traffic(), threading.Event()
    traffic.wait_until_quiet()
    ended = 0.0
    with traffic.passing():
        waiting = threading.Thread(target=lambda: (traffic.wait_until_quiet(), went.set()))
        waiting.start()
        assert not went.wait(0.2)
        ended = time.monotonic()
    assert went.wait(30)
    assert time.monotonic() - ended >= QUIET_SECONDS - 0.01
