"""`fetal-head export`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fetal_head.cli.options import AsJson, Conf, Studies, app, console, overrides, progress
from fetal_head.cli.store import opened
from fetal_head.config import load_settings

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from fetal_head.export.label import Label
    from fetal_head.store.store import Store

FORMATS = "coco, nifti, png, dicom-seg or dicom-sr"


@app.command(epilog="Example: fetal-head export --studies studies/hc18 --format coco --to hc18-coco")
def export(
    studies: Studies,
    kind: Annotated[str, typer.Option("--format", help=f"{FORMATS}.")],
    to: Annotated[Path, typer.Option(file_okay=False, help="New folder.")],
    as_json: AsJson = False,
    conf: Conf = None,
) -> None:
    """Write the labelled images of a study for other programs, with index.csv of what is known of each label."""
    from fetal_head.export.folder import FORMATS as KINDS
    from fetal_head.export.folder import write_labels
    from fetal_head.store.labels import queries
    from fetal_head.store.labels.exported import exported

    chosen = next((known for known in KINDS if known == kind), None)
    if chosen is None:
        raise ValueError(f"--format {kind}: there is {FORMATS}")
    store = opened(studies, conf)
    # as the server calls them: the identifiers are the same either way, and a study is of one patient
    named = load_settings(overrides(conf)).dicomweb.named
    with store.reading() as session:
        images = queries.labelled_ids(session)
    if not images:
        raise ValueError(f"no image of {studies} is labelled yet: there is nothing to export")
    written, failed = write_labels(
        progress(images, "labels", len(images)),
        lambda image: exported(store, image),
        chosen,
        to,
        lambda label: _dataset(store, label, named),
    )
    if as_json:
        print(json.dumps({"labels": written, "skipped": failed}, indent=2))
    for reason in failed:
        console.print(f"skipped {reason}")
    console.print(f"{written} labels are in {to}")
    if failed:
        raise typer.Exit(1)


def _dataset(store: Store, label: Label, named: bool) -> Dataset:
    """The DICOM image that a label is of: its file, or the instance that the server answers with for any other file."""
    from fetal_head.imaging.dicom import read_dataset
    from fetal_head.imaging.limits import refusing

    if label.file.suffix.lower() == ".dcm":
        with refusing(label.file):
            return read_dataset(label.file)
    from fetal_head.dicomweb.instance import header
    from fetal_head.store.dicom.images import described
    from fetal_head.store.dicom.instances import Instances

    (known,) = Instances(store, named).find(image=label.image)
    return header(described(known))
