"""A file that the system cannot read now is told from a damaged one, however far it has got in it."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from numpy.testing import assert_array_equal

from fetal_head.imaging import read_image
from fetal_head.imaging.decoder import Decoder
from fetal_head.imaging.decoder_process import _answer
from fetal_head.imaging.limits import lack_of
from pictures import compress_dicom, speckle, write_dicom, write_picture


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


@pytest.fixture
def compressed(tmp_path: Path) -> Path:
    """A DICOM image of which another process decodes the pixels."""
    return compress_dicom(write_dicom(tmp_path / "plain.dcm", speckle(600, 900)), tmp_path / "a.dcm", "JPEGLSLossless")


@pytest.mark.parametrize(("times", "by"), [(1, signal.SIGKILL), (2, signal.SIGKILL), (2, signal.SIGTERM)])
def test_a_decoder_that_the_system_killed_damages_no_image(
    compressed: Path, monkeypatch: pytest.MonkeyPatch, times: int, by: signal.Signals
) -> None:
    class Killed(subprocess.Popen):  # type: ignore[type-arg]
        """The first ones are, before they can answer."""

        begun = 0

        def __init__(self, *command: Any, **options: Any) -> None:
            super().__init__(*command, **options)
            Killed.begun += 1
            if Killed.begun <= times:
                self.send_signal(by)
                self.wait()

    monkeypatch.setattr("fetal_head.imaging.dicom._DECODER", Decoder())
    monkeypatch.setattr("fetal_head.imaging.decoder.subprocess.Popen", Killed)
    if times > 1:
        with pytest.raises(ValueError, match="the decoder was killed") as failed:
            read_image(compressed)
        assert lack_of(failed.value) == "there was not enough memory"
    assert_array_equal(read_image(compressed)[0], speckle(600, 900))


def test_a_decoder_that_takes_too_long_is_given_up_for_a_damaged_file(compressed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fetal_head.imaging.decoder.LONGEST_SECONDS", 0.01)
    monkeypatch.setattr("fetal_head.imaging.dicom._DECODER", Decoder())
    with pytest.raises(ValueError, match="the decoder ended on them") as failed:
        read_image(compressed)
    assert lack_of(failed.value) is None


def test_a_decoder_says_what_it_lacks(compressed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="No such file") as failed:
        Decoder().decode(compressed.with_name("gone.dcm"))
    assert isinstance(failed.value.__cause__, FileNotFoundError)

    def fail(_: str) -> None:
        raise MemoryError

    monkeypatch.setattr("pydicom.dcmread", fail)
    answer = io.BytesIO()
    _answer(str(compressed), answer)
    assert json.loads(answer.getvalue())["errno"] == errno.ENOMEM
