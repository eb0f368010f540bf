"""`fetal-head store ...`: what was submitted, and the database that accounts for it."""

from __future__ import annotations

import getpass
import json
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from fetal_head.cli.options import AsJson, Conf, Studies, app, console, figure, print_table, store_settings, study_folder

if TYPE_CHECKING:
    from fetal_head.store.store import Store

store = typer.Typer(
    help="What was submitted, and the database that accounts for it.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(store, name="store")

Image = Annotated[str, typer.Argument(metavar="IMAGE", help="Its file's name, with or without the ending.")]
Number = Annotated[
    int, typer.Argument(metavar="NUMBER", min=1, max=2**63 - 1, help="As `fetal-head store history IMAGE` counts them.")
]


@store.command(epilog="Example: fetal-head store history 010_HC --studies studies/hc18")
def history(image: Image, studies: Studies, as_json: AsJson = False, conf: Conf = None) -> None:
    """List everything that was submitted or predicted for an image; a star marks the labels that count."""
    from fetal_head.store.labels.history import entries

    found = entries(*opened_at(studies, conf, image))
    if as_json:
        print(json.dumps([entry.as_json() for entry in found], indent=2))
        return
    table = Table("", "number", "tag", "who", "when", "from model", "status", "comment")
    for entry in found:
        facts = entry.facts
        status = facts["status"] if facts["deleted"] is None else f"deleted {_when(facts['deleted'])}"
        who, model = facts["who"] or "-", facts["model"] or "-"
        mark = "*" if entry.current else ""
        table.add_row(mark, str(facts["number"]), facts["tag"], who, _when(facts["at"]), model, status, facts["comment"])
    print_table(table)


@store.command(epilog="Example: fetal-head store show 010_HC 2 --studies studies/hc18")
def show(image: Image, number: Number, studies: Studies, as_json: AsJson = False, conf: Conf = None) -> None:
    """Show all that is known of a submission, and where its file is."""
    from fetal_head.store.labels.history import entry

    told = entry(*opened_at(studies, conf, image), number).as_json()
    if as_json:
        print(json.dumps(told, indent=2))
        return
    table = Table("", "", show_header=False)
    for key, value in told.items():
        table.add_row(key, json.dumps(value) if isinstance(value, dict | list) else "-" if value in (None, "") else str(value))
    print_table(table)


@store.command(epilog="Example: fetal-head store diff 010_HC 1 2 --studies studies/hc18")
def diff(image: Image, first: Number, second: Number, studies: Studies, as_json: AsJson = False, conf: Conf = None) -> None:
    """Compare two submissions of an image: Dice and changed pixels by structure."""
    from fetal_head.store.labels.history import compare

    found = {name: asdict(difference) for name, difference in compare(*opened_at(studies, conf, image), first, second).items()}
    if as_json:
        print(json.dumps(found, indent=2))
        return
    table = Table("structure", "Dice", "pixels added", "pixels removed")
    for name, row in found.items():
        table.add_row(name, figure(row["dice"]), str(row["added"]), str(row["removed"]))
    print_table(table)


@store.command(epilog="Example: fetal-head store restore 010_HC 1 --studies studies/hc18")
def restore(image: Image, number: Number, studies: Studies, as_json: AsJson = False, conf: Conf = None) -> None:
    """Submit an earlier mask again, also one that was deleted or rejected."""
    from fetal_head.store.labels import history

    study, image = opened_at(studies, conf, image)
    new = history.restore(study, image, number, _user())
    if as_json:
        print(json.dumps({"image": image, "number": new}))
    console.print(f"submission {number} of {image} is the label again, as number {new}")


@store.command(epilog="Example: fetal-head store agreement --studies studies/hc18 --conf readers 2")
def agreement(studies: Studies, as_json: AsJson = False, conf: Conf = None) -> None:
    """Compare the labels of people who labelled the same images: Dice by structure, differences of measurements."""
    from fetal_head.store.labels.agreement import agreement as pairs

    found = [asdict(pair) for pair in pairs(opened(studies, conf))]
    if as_json:
        print(json.dumps(found, indent=2))
        return
    if not found:
        console.print("no image was labelled by two people; with --conf readers 2 the server asks for that")
        return
    table = Table("image", "people", "Dice", "difference of measurements")
    for pair in found:
        people = " and ".join(who or "-" for who in pair["people"])
        lengths = {name: value for name, value in pair["measurements"].items() if value is not None}
        differences = ", ".join(f"{name} {value:+.1f} {pair['unit']}" for name, value in lengths.items())
        table.add_row(pair["image"], people, ", ".join(f"{n} {figure(d)}" for n, d in pair["dice"].items()), differences)
    print_table(table)


@store.command(epilog="Example: fetal-head store check --studies studies/hc18")
def check(studies: Studies, as_json: AsJson = False, conf: Conf = None) -> None:
    """Tell every difference between files and database; best while nobody submits. Exit status 1 when there is one."""
    from fetal_head.store.intake.scan import was_taken_in
    from fetal_head.store.recovery.checking import check as differences
    from fetal_head.store.store import Store

    study = Store.open(study_in(studies), store_settings(conf))
    is_new = not was_taken_in(study)
    found = [] if is_new else differences(study)
    if as_json:
        print(json.dumps(found, indent=2))
    if is_new:
        console.print(f"{studies} was not opened with this database yet: a server takes in what lies there")
    else:
        end_with(found)


@store.command(epilog="Example: fetal-head store rebuild --studies studies/hc18")
def rebuild(studies: Studies, conf: Conf = None) -> None:
    """Make the database again from the files alone; stop the server first."""
    from fetal_head.store.intake import scan
    from fetal_head.store.labels.queries import counts

    rebuilt = scan.rebuild(study_in(studies), store_settings(conf))
    with rebuilt.reading() as session:
        found = counts(session)
    console.print(f"{found['total']} images, {found['completed']} of them labelled, are in the database again")


def end_with(differences: list[str]) -> None:
    """Says the differences between files and database. Raises typer.Exit with status 1 when there are any."""
    console.print("\n".join([*differences, f"{len(differences)} differences between the files and the database"]))
    if differences:
        raise typer.Exit(1)


def opened(studies: Path, conf: list[str] | None) -> Store:
    """The store of a study folder, brought up to date with what lies there. Raises ValueError when there is no study in it."""
    from fetal_head.store.intake.scan import take_in
    from fetal_head.store.store import Store

    store = Store.open(study_in(studies), store_settings(conf))
    take_in(store)
    return store


def opened_at(studies: Path, conf: list[str] | None, name: str) -> tuple[Store, str]:
    """The store as `opened` has it, and the id of the image that is called so, or whose file is. Raises ValueError likewise."""
    from fetal_head.store.labels import queries

    study = opened(studies, conf)
    with study.reading() as session:
        return study, queries.called(session, name)


def study_in(studies: Path) -> Path:
    """The folder of a study. Raises ValueError for another one, which a mistyped name must not make a study of."""
    from fetal_head.imaging import EXTENSIONS
    from fetal_head.store.files.layout import Layout

    folder = study_folder(studies)
    if not Layout(folder).hidden.exists() and not any(path.name.lower().endswith(EXTENSIONS) for path in folder.iterdir()):
        raise ValueError(f"there is no study in {studies}: it has no image and no .fetal_head; name another with --studies")
    return folder


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # in a container that runs under a number which nobody there has (`docker run --user`)
        return str(os.getuid())


def _when(seconds: int) -> str:
    return datetime.fromtimestamp(seconds).isoformat(sep=" ", timespec="minutes")
