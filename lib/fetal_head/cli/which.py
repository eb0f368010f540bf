"""`fetal-head store which`: the image that a log means."""

from __future__ import annotations

from typing import Annotated

import typer

from fetal_head.cli.options import Conf, Studies
from fetal_head.cli.store import opened, store


@store.command(epilog="Example: fetal-head store which 2c26b46b68ff --studies studies/hc18")
def which(
    pseudonym: Annotated[str, typer.Argument(metavar="HASH", help="What the server's log calls an image or a file.")],
    studies: Studies,
    conf: Conf = None,
) -> None:
    """Tell which image the server's log means, also one that was removed, which file of the folder, or which loop of a PACS."""
    from fetal_head.imaging.multiframe import instance_of
    from fetal_head.pseudonym import pseudonym as pseudonym_of
    from fetal_head.store.labels.queries import every_id

    study = opened(studies, conf)
    with study.reading() as session:
        ids = set(every_id(session))
    folder = study.layout.folder
    # images, and labels beside them, that were left out
    files = {path.name for path in (*folder.iterdir(), *folder.glob("labels/*/*"))}
    names = ids | set(map(instance_of, ids)) | files
    found = sorted(name for name in names if pseudonym_of(name) == pseudonym)
    if not found:
        raise ValueError(f"nothing in {studies} is called {pseudonym} in the log")
    for name in found:
        print(name)
