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
    train,
    users,
    which,
)
from fetal_head.cli.options import app, console
from fetal_head.pseudonym import quiet_dicom


def main() -> None:
    """Runs the command line; bad input ends with one sentence and exit status 1."""
    arguments = _pair_conf(sys.argv[1:])
    quiet_dicom()
    try:
        app(arguments)
    except ValueError as error:
        _stop(str(error))
    except OSError as error:
        _stop(f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error))


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


def _stop(sentence: str) -> NoReturn:
    console.print(f"fetal-head: {sentence}", style="red")
    raise SystemExit(1)
