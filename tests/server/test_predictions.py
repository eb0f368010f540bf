"""Predictions take turns."""

from __future__ import annotations

import threading

import anyio
import pytest
from fastapi import HTTPException

from fetal_head.server.predictions import Predictions


def test_some_run_some_wait_and_the_rest_is_told_to_come_again() -> None:
    done, retry, go = [], [], threading.Event()
    most = [0, 0]
    lock = threading.Lock()

    def work() -> None:
        with lock:
            most[0] += 1
            most[1] = max(most)
        go.wait(10)
        with lock:
            most[0] -= 1

    async def play() -> None:
        predictions = Predictions(at_once=2, waiting=3)

        async def ask() -> None:
            try:
                await predictions.run(work)
                done.append(200)
            except HTTPException as error:
                done.append(error.status_code)
                retry.append(int((error.headers or {})["Retry-After"]))

        async with anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(ask)
            while predictions.refused < 3 or most[0] < 2:
                await anyio.sleep(0.01)
            assert (predictions.running, predictions.waiting) == (2, 3)
            go.set()
        assert (predictions.running, predictions.waiting, predictions.refused) == (0, 0, 3)
        await ask()

    anyio.run(play)
    assert sorted(done) == [200] * 6 + [503] * 3
    assert most[1] == 2
    assert min(retry) > 0


def test_an_error_leaves_no_place_taken() -> None:
    async def play() -> None:
        predictions = Predictions(at_once=1, waiting=0)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await predictions.run(lambda: 1 // 0)

    anyio.run(play)
