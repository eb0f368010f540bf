"""A file that the system cannot read now is told from a damaged one, however far it has got in it."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

import pytest

from fetal_head.imaging import read_image
from fetal_head.imaging.limits import lack_of
from pictures import speckle, write_picture


class CutOff(io.FileIO):
    """A file whose network folder is lost behind its header."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > 4096:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(self.name))
        return super().read(size)


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_a_disk_that_fails_amid_the_pixels_damages_no_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    path = write_picture(tmp_path / name, speckle(600, 900))
    with monkeypatch.context() as patch:
        patch.setattr("builtins.open", lambda name, *_: CutOff(name))
        with pytest.raises(ValueError, match="Stale file handle") as failed:
            read_image(path)
    assert lack_of(failed.value) == "Stale file handle"


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_a_picture_that_was_cut_off_is_damaged(tmp_path: Path, name: str) -> None:
    path = write_picture(tmp_path / name, speckle(600, 900))
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(ValueError, match="its pixels cannot be decoded") as failed:
        read_image(path)
    assert lack_of(failed.value) is None
