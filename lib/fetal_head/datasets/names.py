"""What a file's name says, and the files that carry one of ours."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from unicodedata import normalize

from fetal_head.files import suffix_of
from fetal_head.imaging import EXTENSIONS

# on Windows these are devices, whatever follows the first dot
DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def stem_of(path: str | Path) -> str:
    """The name without folders and without the extension of a picture or mask; `a.b.nii.gz` and `x/a.b.png` are both `a.b`."""
    # a Mac takes letters with accents apart, so that names that look alike would be of two images
    name = normalize("NFC", readable(str(path))).replace("\\", "/").rsplit("/", 1)[-1].strip()
    suffix = suffix_of(name)
    return name[: -len(suffix)] if suffix in (*EXTENSIONS, ".seg.nrrd") else name


def readable(name: str) -> str:
    """A file's name, with a mark for each byte that is no letter in UTF-8, in which everything is written."""
    return re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", name)


def of_one_name(files: Sequence[Path]) -> tuple[list[Path], list[tuple[Path, str]]]:
    """The pictures whose name without extension is theirs alone, and the others with the reason why they cannot be used."""
    by_stem: dict[str, list[Path]] = defaultdict(list)
    for path in files:
        by_stem[stem_of(path)].append(path)
    others = {path: [same for same in by_stem[stem_of(path)] if same != path] for path in files}
    reason = "has the same name, and a mask or a pixel size could be of either; keep one of them, or rename it"
    alone = [path for path in files if not others[path]]
    return alone, [(path, f"{same[0].name} {reason}") for path, same in others.items() if same]


def safe_id(text: str) -> str:
    """`text` as a file name on any system: letters, digits, `_ - .` and blank, neither empty nor hidden nor a device's.

    Nor does it end in `.seg`, which with `.nrrd` would be the segmentation of another image.
    """
    name = re.sub(r"[^A-Za-z0-9_. -]", "_", text).strip().lstrip(".").rstrip(". ").strip() or "image"
    name = re.sub(r"\.(seg)$", r"_\1", name, flags=re.IGNORECASE)
    return f"_{name}" if DEVICE.fullmatch(name) else name


def files_in(folder: Path, extensions: Iterable[str] = EXTENSIONS) -> list[Path]:
    """The files of a folder that carry one of the extensions, in the order of their names; hidden ones do not count."""
    if not folder.is_dir():
        return []
    wanted = tuple(extensions)
    return sorted(p for p in folder.iterdir() if suffix_of(p) in wanted and not p.name.startswith(".") and p.is_file())
