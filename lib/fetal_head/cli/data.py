"""`fetal-head phantom` and `import`: study folders from nothing, and from what others made."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from fetal_head.cli.options import AsJson, NewStudy, app, console, progress


@app.command(epilog="Example: fetal-head phantom --count 20 --to studies/demo --seed 1")
def phantom(
    count: Annotated[int, typer.Option(min=1, help="How many images.")],
    to: NewStudy,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same images.")] = 0,
    labels: Annotated[bool, typer.Option(help="With their masks; --no-labels leaves images to annotate.")] = True,
) -> None:
    """Make a study folder of synthetic fetal heads with their true masks."""
    from fetal_head.datasets.phantoms import write_phantoms

    write_phantoms(to, count, seed, with_labels=labels, progress=lambda items: progress(items, "phantoms", count))
    console.print(f"{count} phantoms were added to {to}")


@app.command("import", epilog="Example: fetal-head import ~/Downloads/HC18 --to studies/hc18")
def import_(
    source: Annotated[
        Path,
        typer.Argument(
            help="HC18, Alzubaidi 2023, images with masks or with COCO, CVAT or Pascal VOC files, or a tree of DICOM."
        ),
    ],
    to: NewStudy,
    all_frames: Annotated[bool, typer.Option("--all-frames", help="Of DICOM loops all frames, not one of each.")] = False,
    as_json: AsJson = False,
) -> None:
    """Turn a public data set, images with masks or a tree of DICOM into a study folder; a server on it sees it at once."""
    from fetal_head.datasets import import_dataset

    report = import_dataset(source, to, all_frames=all_frames, progress=lambda items: progress(items, "images"))
    if as_json:
        skipped = [asdict(s) for s in report.skipped]
        print(json.dumps({"images": report.images, "completed": report.completed, "skipped": skipped}, indent=2))
    for skipped_file in report.skipped:
        console.print(f"skipped {skipped_file.file}: {skipped_file.reason}")
    if report.completed:
        console.print(f"{report.completed} images of an earlier import, which was broken off, were added to {to} first")
    told = f"{report.images} images were added to {to}, {len(report.skipped)} were skipped"
    console.print(f"{told}; {to / 'summary.csv'} lists all that are there")
    if not all(skipped_file.redundant for skipped_file in report.skipped):
        raise typer.Exit(1)
