"""`fetal-head ...`: every command a few lines over the library."""

from __future__ import annotations

import sys
from typing import NoReturn

from fetal_head.cli import (
    data,
    effort,
    evaluate,
    experiment,
    export,
    models,
    predict,
    serve,
    simulate,
    store,
    train,
    users,
    which,
)
from fetal_head.cli.options import app, console

__all__ = [
    "data",
    "effort",
    "evaluate",
    "experiment",
    "export",
    "main",
    "models",
    "predict",
    "serve",
    "simulate",
    "store",
    "train",
    "users",
    "which",
]


def main() -> None:
    """Runs the command line; bad input ends with one sentence and exit status 1."""
    arguments = _pair_conf(sys.argv[1:])
    try:
        app(arguments)
    except (ValueError, OSError) as error:
        _stop(str(error))


def _pair_conf(arguments: list[str]) -> list[str]:
    """`--conf key value`, as MONAI Label writes it, becomes `--conf key=value`, which typer can read."""
    paired: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument in ("--conf", "-c"):
            key = next(rest, "")
            paired += ["--conf", key if "=" in key else f"{key}={next(rest, '')}"]
        else:
            paired.append(argument)
    return paired


def _stop(sentence: str) -> NoReturn:
    console.print(f"fetal-head: {sentence}", style="red")
    raise SystemExit(1)
