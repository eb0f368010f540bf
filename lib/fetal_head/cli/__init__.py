"""`fetal-head ...`: every command a few lines over the library."""

from __future__ import annotations

import sys
from itertools import islice
from typing import NoReturn

# each adds its commands when it is imported
from fetal_head.cli import (  # noqa: F401
    backup,
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
    tell,
    train,
    users,
    which,
)
from fetal_head.cli.options import app, console
from fetal_head.files import NO_ROOM
from fetal_head.pseudonym import quiet_dicom

FULL = "the disk is full: make room and try again"


def main() -> None:
    """Runs the command line; bad input ends with one sentence and exit status 1."""
    arguments = _pair_conf(sys.argv[1:])
    quiet_dicom()
    try:
        app(arguments)
    except ValueError as error:
        _stop(str(error))
    except OSError as error:
        _stop(_said(error))


def _pair_conf(arguments: list[str]) -> list[str]:
    """`--conf key value`, as MONAI Label writes it, becomes `--conf key=value`, which typer can read."""
    paired: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument in ("--conf", "-c"):
            pair = [next(rest, "")]
            # a missing value is left to `overrides`, which says so
            pair += islice(rest, 0 if "=" in pair[0] else 1)
            paired += ["--conf", "=".join(pair)]
        else:
            paired.append(argument)
    return paired


def _said(error: OSError) -> str:
    """What the system refuses, in one line."""
    # pydicom passes on what a disk says as lines of Python, from the error itself
    if error.errno is None and isinstance(error.__cause__, OSError):
        return _said(error.__cause__)
    what = FULL if error.errno in NO_ROOM else error.strerror
    # of a copy the second one is written
    where = error.filename2 or error.filename
    return f"{where}: {what}" if where and what else what or str(error)


def _stop(sentence: str) -> NoReturn:
    console.print(f"fetal-head: {sentence}", style="red")
    raise SystemExit(1)
