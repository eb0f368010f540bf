"""`fetal-head models ...`: the versions of the model."""

from __future__ import annotations

import json
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from fetal_head.cli.options import APP_DIR, App, AsJson, app, dice_line

models = typer.Typer(help="The versions of the model.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(models, name="models")


@models.command("list", epilog="Example: fetal-head models list")
def list_models(app_dir: App = APP_DIR, as_json: AsJson = False) -> None:
    """List the versions of the model; a star marks the served one."""
    from fetal_head.model.registry import Registry

    registry = Registry.of_app(app_dir)
    served = registry.current().name
    rows: list[dict[str, Any]] = [
        {"version": v.name, "served": v.name == served, "created": v.description.created, **v.description.metrics}
        for v in registry.versions()
    ]
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    table = Table("", "version", "created", "validation Dice")
    for row in rows:
        table.add_row("*" if row["served"] else "", row["version"], row["created"], dice_line(row.get("dice", {})))
    Console().print(table)
