"""`fetal-head users ...`: who may sign in, on a server with `--conf login users`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from fetal_head.cli.options import AsJson, Conf, Studies, app, console, print_table, store_settings, study_folder
from fetal_head.cli.store import study_in
from fetal_head.store.roles import Role

if TYPE_CHECKING:
    from fetal_head.store.store import Store

users = typer.Typer(help="Who may sign in, with `--conf login users`.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(users, name="users")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Letters, digits, '_', '-', '.' and blanks.")]
ROLE_HELP = "user (looks), annotator (submits), reviewer (approves) or admin (trains); each may do what those before may."


@users.command(epilog="Example: fetal-head users add ann --role annotator --studies studies/hc18")
def add(name: Name, role: Annotated[Role, typer.Option(help=ROLE_HELP)], studies: Studies, conf: Conf = None) -> None:
    """Let somebody sign in. The password is asked for, or read from standard input."""
    from fetal_head.store.users import add_user

    # the images of a study may come later than its people
    add_user(_open(study_folder(studies), conf), name, role, _password())
    console.print(f"{name} may sign in as {role}")


@users.command("list", epilog="Example: fetal-head users list --studies studies/hc18")
def list_users(studies: Studies, as_json: AsJson = False, conf: Conf = None) -> None:
    """List those who may sign in."""
    from fetal_head.store.users import users as accounts

    found = [{"name": account.name, "role": account.role} for account in accounts(_open(study_in(studies), conf))]
    if as_json:
        print(json.dumps(found, indent=2))
        return
    table = Table("name", "role")
    for row in found:
        table.add_row(row["name"], row["role"])
    print_table(table)


@users.command(epilog="Example: fetal-head users password ann --studies studies/hc18")
def password(name: Name, studies: Studies, conf: Conf = None) -> None:
    """Change somebody's password; he has to sign in anew. It is asked for, or read from standard input."""
    from fetal_head.store.users import set_password

    set_password(_open(study_in(studies), conf), name, _password())
    console.print(f"{name} has another password")


@users.command(epilog="Example: fetal-head users role ann reviewer --studies studies/hc18")
def role(
    name: Name, new: Annotated[Role, typer.Argument(metavar="ROLE", help=ROLE_HELP)], studies: Studies, conf: Conf = None
) -> None:
    """Change somebody's role; he has to sign in anew."""
    from fetal_head.store.users import set_role

    set_role(_open(study_in(studies), conf), name, new)
    console.print(f"{name} is {new} now")


@users.command(epilog="Example: fetal-head users remove ann --studies studies/hc18")
def remove(name: Name, studies: Studies, conf: Conf = None) -> None:
    """Let somebody sign in no more, at once; what he submitted stays his."""
    from fetal_head.store.users import remove_user

    remove_user(_open(study_in(studies), conf), name)
    console.print(f"{name} can sign in no more")


def _open(study: Path, conf: list[str] | None) -> Store:
    from fetal_head.store.store import Store

    return Store.open(study, store_settings(conf))


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True))
    return sys.stdin.readline().rstrip("\r\n")
