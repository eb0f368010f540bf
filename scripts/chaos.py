"""Harm that a server may come to, done to a real one: what was acknowledged has to be there afterwards.

    python scripts/chaos.py server --kills 200 --to runs/chaos_server.json
    python scripts/chaos.py training --kills 50 --to runs/chaos_training.json
    python scripts/chaos.py load --submissions 2000 --to runs/chaos_load.json
    python scripts/chaos.py faults --to runs/chaos_faults.json

Each prints a table, writes its figures, and ends with status 1 when something was lost, torn or done twice.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from trials import faults as all_faults
from trials import kill_server, kill_training, loading
from trials.report import Report, write_report

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
To = Annotated[Path, typer.Option(help="JSON file for the figures.")]
Seed = Annotated[int, typer.Option(help="Draws the moments.")]


@app.command()
def server(
    to: To = Path("runs/chaos_server.json"),
    kills: Annotated[int, typer.Option(min=1)] = 200,
    clients: Annotated[int, typer.Option(min=1)] = 4,
    seed: Seed = 0,
) -> None:
    """SIGKILL of a server to which clients submit without a pause; after each restart everything is looked at."""
    _run(to, lambda folder: kill_server.run(folder, kills, clients, seed))


@app.command()
def training(to: To = Path("runs/chaos_training.json"), kills: Annotated[int, typer.Option(min=1)] = 50, seed: Seed = 0) -> None:
    """SIGKILL of `fetal-head train` while it starts, trains, judges and publishes."""
    _run(to, lambda folder: kill_training.run(folder, kills, seed))


@app.command()
def load(
    to: To = Path("runs/chaos_load.json"),
    submissions: Annotated[int, typer.Option(min=1)] = 2000,
    clients: Annotated[int, typer.Option(min=1)] = 8,
) -> None:
    """Clients that ask for the next image, predict, submit and ask what the server is, all at once."""
    _run(to, lambda folder: loading.run(folder, submissions, clients))


@app.command()
def faults(to: To = Path("runs/chaos_faults.json")) -> None:
    """Full and read-only disks, clocks that are set back, damaged databases: what is said, and that nothing is lost."""
    _run(to, all_faults.run)


def _run(to: Path, trial: Callable[[Path], Report]) -> None:
    with TemporaryDirectory(prefix="fetal-head-chaos-") as folder:
        report = trial(Path(folder))
    write_report(to, report)
    if report.wrong:
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
