"""How what an import has made comes into the study folder: all of it, also when the import was broken off meanwhile."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from fetal_head.csv_text import as_csv
from fetal_head.datasets.names import files_in, stem_of
from fetal_head.datasets.summary import COLUMNS, Row, read_rows
from fetal_head.files import clear_strays, strays_among, write_text
from fetal_head.imaging import EXTENSIONS
from fetal_head.imaging.mask_reader import MASK_EXTENSIONS
from fetal_head.store.files.layout import Picture

INDEX, SUMMARY, LABELS = "datastore_v2.json", "summary.csv", Path("labels/final")
# the hidden folder in which an import makes its files, and the file there that says, once all are whole, what they are
STAGING, COMING = ".import-", "coming.json"


def enter(staging: Path, to: Path, objects: Mapping[str, Any], rows: Sequence[Row]) -> set[str]:
    """Moves what lies whole in `staging` into the folder; `objects` is what the index says of it, by id.

    Broken off at whatever moment, it is done to its end by `complete_broken_off`.

    Returns:
        The ids that somebody else's picture or label has taken meanwhile: that stays. Beside such a label the picture came in.
    """
    # people open it in spreadsheets: one that cannot be read any more must be found before anything is there
    read_rows(to / SUMMARY)
    digests = {case_id: Picture.at(staging / file).digest() for case_id, file in _pictures(objects).items()}
    write_text(staging / COMING, json.dumps({"objects": dict(objects), "rows": list(rows), "digests": digests}))
    return _complete(staging, to)[1]


def complete_broken_off(to: Path) -> int:
    """Lets in what was whole when its import was killed, and clears away what was not; for who is alone in the folder.

    Returns:
        How many images of such imports came in, of which nobody was told.

    Raises:
        ValueError: the index or the summary there is damaged.
    """
    came = 0
    for staging in strays_among(to.glob(f"{STAGING}*")):
        if (staging / COMING).exists():
            came += _complete(staging, to)[0]
        else:
            shutil.rmtree(staging)
    clear_strays(to)
    return came


def read_index(folder: Path) -> dict[str, Any]:
    """The folder's index, an empty one where there is none. Raises ValueError for one that is damaged."""
    path = folder / INDEX
    if not path.exists():
        return {"name": folder.name, "description": "", "images_dir": ".", "labels_dir": "labels", "objects": {}}
    if path.is_dir():
        raise ValueError(f"{path} is damaged: a folder lies there; move it away")
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    if not isinstance(index, dict) or not isinstance(index.get("objects"), dict):
        raise ValueError(f"{path} is no index of images")
    return index


def _complete(staging: Path, to: Path) -> tuple[int, set[str]]:
    """Moves the images, names them, and then moves the labels: only the index says what a label speaks of.

    Returns:
        How many images came in, and the ids that somebody else's picture or label has taken.
    """
    coming = json.loads((staging / COMING).read_text(encoding="utf-8"))
    rows, index = read_rows(to / SUMMARY), read_index(to)
    pictures = _pictures(coming["objects"])
    moved = [case_id for case_id, file in pictures.items() if not (staging / file).exists()]
    taken = _move(staging, to, list(pictures.values()))
    # before it was killed; since then another one may have taken their place
    digests = coming.get("digests", {})
    taken |= {i for i in moved if i in digests and Picture.at(to / pictures[i]).digest() != digests[i]}
    objects = {case_id: entry for case_id, entry in coming["objects"].items() if case_id not in taken}
    there = {stem_of(path) for path in files_in(to / LABELS, MASK_EXTENSIONS)}
    labelled = {case_id for case_id in objects if case_id in there and (staging / LABELS / f"{case_id}.nrrd").exists()}
    # what that label speaks of, nobody here knows
    objects |= {case_id: {**objects[case_id], "labels": {}} for case_id in labelled}
    known = {row["image"] for row in rows}
    rows += [row for row in coming["rows"] if row["image"] not in {*known, *taken}]
    write_text(to / SUMMARY, as_csv(rows, COLUMNS))
    index["objects"].update(objects)
    write_text(to / INDEX, json.dumps(index, indent=2))
    (to / LABELS).mkdir(parents=True, exist_ok=True)
    _move(staging / LABELS, to / LABELS, [f"{case_id}.nrrd" for case_id in objects], MASK_EXTENSIONS)
    shutil.rmtree(staging)
    return len(objects), taken | labelled


def _pictures(objects: Mapping[str, Any]) -> dict[str, str]:
    return {case_id: f"{case_id}{entry['image']['ext']}" for case_id, entry in objects.items()}


def _move(source: Path, to: Path, names: Sequence[str], extensions: Collection[str] = EXTENSIONS) -> set[str]:
    """Moves the files that are still to be moved, and returns the ids of those that somebody else's file was faster than."""
    there = {stem_of(path) for path in files_in(to, extensions)}
    waiting = {stem_of(path): path for name in names if (path := source / name).exists()}
    for case_id, path in waiting.items():
        if case_id not in there:
            path.replace(to / path.name)
    return waiting.keys() & there
