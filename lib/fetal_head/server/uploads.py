"""Uploaded files, under names of ours: what a client calls them is never a path."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path, PureWindowsPath

from fastapi import UploadFile

from fetal_head.files import suffix_of, temporary_folder
from fetal_head.imaging import suffix_by_content
from fetal_head.imaging.mask_reader import MASK_EXTENSIONS
from fetal_head.store.errors import disk_told, not_read


@contextmanager
def kept(upload: UploadFile, suffix: str = "") -> Iterator[Path]:
    """An upload as a file, until the block ends. Answers 507 when there is no room for it."""
    with temporary_folder() as folder:
        path = folder / f"upload{suffix}"
        with disk_told(str(folder)), path.open("wb") as file:
            shutil.copyfileobj(upload.file, file)
        yield path


@contextmanager
def kept_image(upload: UploadFile) -> Iterator[Path]:
    """An uploaded image as a file with the ending that its content calls for.

    Answers 422 for what is none, 503 where the system cannot read it now.
    """
    with kept(upload) as path:
        try:
            image = path.with_suffix(suffix_by_content(path))
        except ValueError as error:
            raise not_read(f"the image was not accepted: {error}", error) from error
        yield path.rename(image)


def kept_mask(upload: UploadFile) -> AbstractContextManager[Path]:
    """An uploaded mask as a file with the ending that the client calls it by, which tells what kind of a .nrrd it is."""
    suffix = suffix_of(name_of(upload))
    return kept(upload, suffix if suffix in MASK_EXTENSIONS else "")


def name_of(upload: UploadFile) -> str:
    """The last part of what a client, on whatever system, calls its file."""
    return PureWindowsPath(upload.filename or "").name
