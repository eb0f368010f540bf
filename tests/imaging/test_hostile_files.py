"""Every hostile file, read as an image and as a mask: refused with one sentence, quickly, and within bounded memory."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from fetal_head.files import suffix_of
from fetal_head.imaging import EXTENSIONS, read_image, read_mask
from fetal_head.imaging.mask_reader import MASK_EXTENSIONS
from hostile.attack import REFUSED, File
from hostile.corpus import hostile_files
from pictures import three_structures

MASK = three_structures(60, 90)
SECRET = "what nobody may read: 6f1c0a"
MOST_MEMORY = 1_000_000_000


@pytest.fixture
def files(tmp_path: Path) -> Iterator[tuple[File, Path]]:
    """Each file in turn, beside a secret that some of them name."""
    (tmp_path / "secret.txt").write_text(SECRET)
    folder = tmp_path / "files"
    folder.mkdir()

    def each() -> Iterator[tuple[File, Path]]:
        for file in hostile_files(tmp_path / "secret.txt", MASK):
            path = folder / file.filename.replace("/", "_")
            path.write_bytes(file.content)
            yield file, path
            path.unlink()

    return each()


def test_images_and_masks_are_read_or_refused_with_one_sentence(files: Iterator[tuple[File, Path]]) -> None:
    before, wrong = _most_memory(), []
    for file, path in files:
        said = [_refusal(partial(read_image, path)) if suffix_of(path) in EXTENSIONS else None]
        said += [_refusal(partial(read_mask, path, MASK.shape)) if suffix_of(path) in MASK_EXTENSIONS else None]
        if any(s and (not s.startswith(f"{path.name}: ") or "\n" in s or SECRET in s) for s in said):
            wrong.append((file.name, said))
        if file.label is None and file.image == REFUSED and suffix_of(path) in EXTENSIONS and said[0] is None:
            wrong.append((file.name, "was read as an image"))
        if (file.label or REFUSED) == REFUSED and suffix_of(path) in MASK_EXTENSIONS and said[1] is None:
            wrong.append((file.name, "was read as a mask"))
    assert not wrong
    assert _most_memory() - before < MOST_MEMORY


def _refusal(reading: Callable[[], object]) -> str | None:
    try:
        reading()
    except ValueError as error:
        return str(error)
    return None


def _most_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
