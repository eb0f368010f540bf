"""`fetal-head models ...`: the versions of the model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from fetal_head.cli.options import APP_DIR, AsJson, ModelsOf, app, check_app, console, dice_line, print_table

if TYPE_CHECKING:
    from fetal_head.model.registry import Registry, Version

models = typer.Typer(help="The versions of the model.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(models, name="models")

Name = Annotated[str, typer.Argument(metavar="VERSION", help="As `fetal-head models list` calls it.")]


@models.command("list", epilog="Example: fetal-head models list")
def list_models(app_dir: ModelsOf = APP_DIR, as_json: AsJson = False) -> None:
    """List the versions of the model; a star marks the served one, a plus those that `rollback` leads back to."""
    from fetal_head.model.listing import listing

    rows = listing(_registry(app_dir))
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    table = Table("", "version", "parent", "created", "validation Dice", "verdict")
    for row in rows:
        mark = "*" if row["served"] else "+" if row["published"] else ""
        verdict = row.get("damaged") or str(row.get("verdict", {}).get("reason", ""))
        table.add_row(mark, row["version"], row.get("parent"), row.get("created"), dice_line(row.get("dice", {})), verdict)
    print_table(table)


@models.command(epilog="Example: fetal-head models show v0002")
def show(name: Name, app_dir: ModelsOf = APP_DIR, as_json: AsJson = False) -> None:
    """Show all that a model file says: its network, labels, settings, Dice, and the verdict on it."""
    registry = _registry(app_dir)
    version = registry.version(name)
    told = {
        "version": version.name,
        "served": version == registry.current(),
        "file": str(version.path),
        **asdict(version.description),
    }
    if as_json:
        print(json.dumps(told, indent=2))
        return
    table = Table("", "", show_header=False)
    for key, value in _lines(told):
        table.add_row(key, value)
    print_table(table)


@models.command(epilog="Example: fetal-head models publish v0002")
def publish(name: Name, app_dir: ModelsOf = APP_DIR, as_json: AsJson = False) -> None:
    """Serve a version from now on; a running server uses it at the next request."""
    check_app(app_dir)
    _say_served(_registry(app_dir).publish(name), as_json)


@models.command(epilog="Example: fetal-head models rollback")
def rollback(app_dir: ModelsOf = APP_DIR, as_json: AsJson = False) -> None:
    """Serve again what was served before the present version."""
    check_app(app_dir)
    _say_served(_registry(app_dir).rollback(), as_json)


def _registry(app_dir: Path) -> Registry:
    from fetal_head.model.registry import Registry

    return Registry.of_app(app_dir)


def _lines(told: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in told.items():
        # thousands of labels are for --json
        if key == "masks":
            continue
        if isinstance(value, Mapping):
            yield from _lines(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _say_served(version: Version, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"served": version.name}))
    console.print(f"version {version.name} is served")
