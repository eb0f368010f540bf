"""`fetal-head store backup` and `restore-backup`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fetal_head.cli.options import Conf, Studies, console, store_settings
from fetal_head.cli.store import end_with, opened, store


@store.command(epilog="Example: fetal-head store backup /backups/hc18 --studies studies/hc18")
def backup(
    to: Annotated[Path, typer.Argument(file_okay=False, help="New folder, or an earlier backup to bring up to date.")],
    studies: Studies,
    conf: Conf = None,
) -> None:
    """Copy a study, images and history included, while people work."""
    from fetal_head.store.recovery.backup import backup as copy

    copied = copy(opened(studies, conf), to)
    for path in copied.missing:
        console.print(f"{path} is gone or damaged")
    console.print(f"{copied.files - len(copied.missing)} files are in {to}")
    if copied.missing:
        raise typer.Exit(1)


@store.command(epilog="Example: fetal-head store restore-backup /backups/hc18 --to studies/hc18")
def restore_backup(
    source: Annotated[Path, typer.Argument(metavar="FROM", help="A backup.")],
    to: Annotated[Path, typer.Option(file_okay=False, help="New study folder.")],
    conf: Conf = None,
) -> None:
    """Make a study from a backup, and tell what of it is gone or damaged, as `check` does. Exit status 1 when something is."""
    from fetal_head.store.recovery.backup import restore_backup as restored
    from fetal_head.store.recovery.checking import check as differences

    made = restored(source, to, store_settings(conf))
    console.print(f"the study is in {to}")
    end_with(differences(made))
