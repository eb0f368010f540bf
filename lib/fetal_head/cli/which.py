"""`fetal-head store which`: the image that a log means."""

from __future__ import annotations

from typing import Annotated

import typer

from fetal_head.cli.options import Conf, Studies
from fetal_head.cli.store import opened, store


@store.command(epilog="Example: fetal-head store which 2c26b46b68ff --studies studies/hc18")
def which(
    pseudonym: Annotated[str, typer.Argument(metavar="HASH", help="What the server's log calls an image.")],
    studies: Studies,
    conf: Conf = None,
) -> None:
    """Tell which image the server's log means, also one that was removed."""
    from fetal_head.pseudonym import pseudonym as pseudonym_of
    from fetal_head.store.labels.queries import every_id

    with opened(studies, conf).reading() as session:
        found = [image_id for image_id in every_id(session) if pseudonym_of(image_id) == pseudonym]
    if not found:
        raise ValueError(f"no image of {studies} is called {pseudonym} in the log")
    for image_id in found:
        print(image_id)
