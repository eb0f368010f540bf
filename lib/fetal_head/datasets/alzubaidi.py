"""Fetal Head Biometry (Alzubaidi et al. 2023, doi 10.1016/j.dib.2023.109708): three planes, and HC18's heads, as published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fetal_head.datasets.annotated import find_annotations, of_no_use, with_drawings
from fetal_head.datasets.candidate import Candidate, Found, Shape
from fetal_head.datasets.drawings import by_image
from fetal_head.datasets.names import files_in, of_one_name, stem_of
from fetal_head.datasets.pixel_size import PER_AXIS, PixelSize, read_pixel_sizes
from fetal_head.patients import patient_of


@dataclass(frozen=True)
class Plane:
    """One of the four folders, by the beginning of the name of the image folder in it, in lower case."""

    name: str
    images: str


DIVERSE = Plane("diverse", "orginal_train_images")
PLANES = (
    Plane("trans-thalamic", "trans-thalamic"),
    Plane("trans-cerebellum", "trans-cerebellum"),
    Plane("trans-ventricular", "trans-ventricular"),
    DIVERSE,
)

# (rows, columns) of HC18's pictures, of which the diverse ones are copies, and of every picture of this data set
HC18_SHAPE, STRETCHED_SHAPE = (540, 800), (661, 959)


def find(source: Path) -> Found | None:
    """The images of the data set's root, or of one of its plane folders; None for any other folder.

    Raises:
        ValueError: a plane's annotations are still packed, or are of no use, or its tables have two pixel sizes of an image.
    """
    folders = [source, *sorted(p for p in source.iterdir() if p.is_dir() and not p.name.startswith("."))]
    parts = [(plane, _find_in(folder, plane, images)) for folder in folders for plane, images in _planes_in(folder)]
    if not parts:
        return None
    ids = Counter(candidate.id for _, part in parts for candidate in part.candidates)
    candidates = [_with_unique_id(c, plane, ids[c.id] > 1) for plane, part in parts for c in part.candidates]
    return Found(candidates, [useless for _, part in parts for useless in part.useless])


def pixel_size(plane: Plane, published: PixelSize, shape: Shape) -> PixelSize:
    """The size of an image's pixels, given the one published value and the image's (rows, columns).

    The diverse images are HC18's of 800 x 540 pixels, to which the value belongs, stretched to 959 x 661. Of the others the
    original size is not known: the value is taken along both axes, and its note says so.
    """
    if published.spacing is None or plane is not DIVERSE or shape not in (HC18_SHAPE, STRETCHED_SHAPE):
        return published
    rows, columns = (value * original / size for value, original, size in zip(published.spacing, HC18_SHAPE, shape, strict=True))
    return PixelSize((rows, columns), PER_AXIS)


def _planes_in(folder: Path) -> list[tuple[Plane, Path]]:
    """The plane that a folder is of, with its image folder: none, or one where the data set lies as it is published."""
    inside = [p for p in sorted(folder.iterdir()) if p.is_dir()]
    return [(plane, p) for p in inside for plane in PLANES if _holds_images_of(plane, p)]


def _holds_images_of(plane: Plane, folder: Path) -> bool:
    name = folder.name.lower()
    named = name.startswith(plane.images) if plane is DIVERSE else name == plane.images
    return named and bool(files_in(folder))


def _find_in(folder: Path, plane: Plane, image_folder: Path) -> Found:
    pictures = files_in(image_folder)
    images, ambiguous = of_one_name(pictures)
    annotations = find_annotations(folder)
    packed = [path.name for path in files_in(folder, (".zip",))]
    if not annotations and packed:
        raise ValueError(f"{folder.name}: the annotations are still packed; unpack one of {', '.join(packed)} beside it")
    sizes = _published([path for path in files_in(folder, (".csv",)) if "pixel" in path.name.lower()])
    drawings = by_image(annotations)

    def candidate(path: Path) -> Candidate:
        stem = stem_of(path)
        published = sizes.get(stem, PixelSize())
        return Candidate(
            path,
            id=stem,
            patient=patient_of(stem),
            plane=plane.name,
            size_of=lambda shape: pixel_size(plane, published, shape),
        )

    return Found(
        [with_drawings(candidate(path), drawings) for path in images],
        [*ambiguous, *of_no_use(annotations, pictures)],
    )


def _published(tables: Sequence[Path]) -> dict[str, PixelSize]:
    """The pixel sizes of all tables. Raises ValueError where two of them have another one of an image."""
    sizes: dict[str, PixelSize] = {}
    for table in tables:
        for stem, size in read_pixel_sizes(table).items():
            if sizes.setdefault(stem, size) != size:
                names = ", ".join(path.name for path in tables)
                raise ValueError(f"{table.parent.name}: {stem} has two pixel sizes in {names}; keep the table that is right")
    return sizes


def _with_unique_id(candidate: Candidate, plane: Plane, taken: bool) -> Candidate:
    """The diverse images bear the very names that HC18 gave theirs, so they are told apart even where those are not at hand."""
    return replace(candidate, id=f"{plane.name}_{candidate.id}") if taken or plane is DIVERSE else candidate
