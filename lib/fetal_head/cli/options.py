"""What several commands share: the console, options, progress bars."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from fetal_head import __version__
from fetal_head.config import StoreSettings, load_settings

APP_DIR = Path(__file__).resolve().parents[3] / "apps" / "fetal_head"

app = typer.Typer(
    help="Assisted annotation of 2D fetal-head ultrasound: brain, cavum septi pellucidi and lateral ventricle.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
# a sentence stays one line, also in a log, a name in square brackets a name, and a number in it has no colour of its own
console = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)
T = TypeVar("T")


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        print(__version__)
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")]


@app.callback()
def _main(version: Version = False) -> None:
    """What stands before a command."""


Conf = Annotated[
    list[str] | None, typer.Option("--conf", metavar="KEY=VALUE", help="A setting of configs/*.yaml; may be given often.")
]


def _is_there(context: typer.Context, app_dir: Path) -> Path:
    """In the place of a mistyped folder's models the shipped one would answer, and nobody would know."""
    source = context.get_parameter_source("app_dir")
    # by its name: typer brings a click of its own
    if source is not None and source.name == "COMMANDLINE" and not app_dir.is_dir():
        raise ValueError(f"there is no app's folder {app_dir}: name the one that your server is started with, by --app")
    return app_dir


def _is_address(path: Path) -> bool:
    # of two slashes a path keeps one
    return str(path).startswith(("http:/", "https:/"))


def _is_no_address(folder: Path) -> Path:
    if _is_address(folder):
        raise ValueError(f"{folder} is an address: name a folder of this computer")
    return folder


def _app_option(callback: Callable[[typer.Context, Path], Path] | None = None) -> Any:
    told = "The app's folder, which keeps the models."
    return typer.Option("--app", file_okay=False, envvar="FETAL_HEAD_APP", callback=callback, help=told)


App = Annotated[Path, _app_option()]
# for who asks models that are there, and makes none
ModelsOf = Annotated[Path, _app_option(_is_there)]
Studies = Annotated[Path, typer.Option(help="Study folder.")]
NewStudy = Annotated[Path, typer.Option("--to", callback=_is_no_address, help="New study folder, or one to add to.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def check_app(app_dir: Path) -> None:
    """Raises ValueError where an installed package, which has no app's folder, would make the one that no server looks into."""
    if app_dir == APP_DIR and not app_dir.is_dir():
        raise ValueError(f"there is no folder {app_dir} for the model: name the one that your server is started with, by --app")


def progress(items: Iterable[T], what: str, total: int | None = None) -> Iterable[T]:
    """The items, with a bar on standard error while they are gone through."""
    return track(items, description=what, total=total, console=console, transient=True)


def print_table(table: Table) -> None:
    """Prints a table on standard output, as wide as that is now; what is too long for its column goes on in the next line."""
    for column in table.columns:
        if not column.no_wrap:
            # a path or a hash that ends in an ellipsis is of no use
            column.overflow = "fold"
    Console(markup=False).print(table)


def overrides(conf: list[str] | None) -> dict[str, str]:
    """The `--conf` options as setting -> value. Raises ValueError for one without a value."""
    for pair in conf or []:
        if "=" not in pair:
            raise ValueError(f"--conf takes KEY=VALUE or KEY VALUE, not '{pair}'")
    return dict(pair.split("=", 1) for pair in conf or [])


def listed(text: str) -> list[str]:
    """What an option lists, separated by commas: `a, b` -> `a` and `b`."""
    return [part.strip() for part in text.split(",") if part.strip()]


def study_folder(studies: Path) -> Path:
    """The folder. Raises ValueError when it is none."""
    if _is_address(studies):
        where = f"{APP_DIR}/pacs/HOST-..., whose file .fetal_head/pacs tells the address, or where pacs_folder says"
        raise ValueError(f"--studies is the address of a PACS: name the folder in which the server works on it, {where}")
    if not studies.is_dir():
        raise ValueError(f"there is no study folder {studies}")
    return studies


def store_settings(conf: list[str] | None) -> StoreSettings:
    """The settings of the store, with the `--conf` options. Raises ValueError for wrong ones."""
    return load_settings(overrides(conf)).store


def figure(value: float | None, digits: int = 3) -> str:
    """A number in a table; nothing where there is none."""
    return "" if value is None else f"{value:.{digits}f}"


def dice_line(dice: dict[str, float | None]) -> str:
    """Dice by structure in a line of text."""
    return ", ".join(f"{name} {value:.3f}" for name, value in dice.items() if value is not None)
