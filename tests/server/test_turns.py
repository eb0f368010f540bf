"""Routes that take some time run one at a time."""

from __future__ import annotations

import threading

import anyio
import httpx
from fastapi import FastAPI, Form

from fetal_head.server.turns import Turns


def test_one_runs_and_the_others_wait_while_looking_goes_on() -> None:
    began, go, lock, running, most = threading.Semaphore(0), threading.Event(), threading.Lock(), 0, 0
    app, turns = FastAPI(), Turns()

    @app.put("/tasks/{number}")
    @turns
    def work(number: int, text: str = Form("")) -> str:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        began.release()
        assert go.wait(30)
        with lock:
            running -= 1
        return f"{number}{text}"

    @app.get("/look")
    def look() -> int:
        return running

    async def play() -> None:
        transport = httpx.ASGITransport(app)
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
            anyio.create_task_group() as tasks,
        ):
            answers: list[str] = []

            async def ask(number: int) -> None:
                answers.append((await client.put(f"/tasks/{number}", data={"text": "!"})).json())

            for number in range(5):
                tasks.start_soon(ask, number)
            assert await anyio.to_thread.run_sync(began.acquire, True, 30)
            assert (await client.get("/look")).json() == 1
            go.set()
            while len(answers) < 5:
                await anyio.sleep(0.01)
            assert sorted(answers) == [f"{number}!" for number in range(5)]

    anyio.run(play)
    assert most == 1
