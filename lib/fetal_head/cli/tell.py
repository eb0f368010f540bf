"""`fetal-head store tell`: what a group knows of its images and their files do not say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fetal_head.cli.options import Conf, Studies, console
from fetal_head.cli.store import opened, store


@store.command(epilog="Example: fetal-head store tell images.csv --studies studies/own")
def tell(
    table: Annotated[
        Path,
        typer.Argument(
            metavar="TABLE", exists=True, dir_okay=False, help="csv with a row for each image: image, patient, row_mm, column_mm."
        ),
    ],
    studies: Studies,
    conf: Conf = None,
) -> None:
    """Tell whose the images are, so that a patient's stay together, and the millimetres of a pixel; also while people work."""
    from fetal_head.datasets.told_table import read_told
    from fetal_head.patients import same_name
    from fetal_head.store.errors import StoreError
    from fetal_head.store.images import update_image_info
    from fetal_head.store.labels.queries import image_ids

    told, study = read_told(table), opened(studies, conf)
    with study.reading() as session:
        ids = {same_name(image): image for image in image_ids(session)}
    unknown = []
    for image, info in told.items():
        try:
            update_image_info(study, ids.get(same_name(image), image), info)
        except StoreError as error:
            if error.status_code != 404:
                raise
            unknown.append(image)
    if len(unknown) == len(told):
        raise ValueError(
            f"{table} tells of no image of {studies}; its first column, or the one called image, has the files' names"
        )
    for image in unknown:
        console.print(f"left out {image}: no image is called so")
    console.print(f"{len(told) - len(unknown)} images were told of")
    if unknown:
        raise typer.Exit(1)
