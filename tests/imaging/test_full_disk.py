"""A full disk among the temporary files, where DICOM and NIfTI are shown to ITK: no fault of the file that is read."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from fetal_head.imaging import read_image, read_mask
from pictures import speckle, three_structures, write_dicom, write_itk
from small_disks import small_disk_at

# room for no byte, and for no file
FULL = {"bytes": "4k", "files": "64k,nr_inodes=1"}


@pytest.mark.parametrize(("name", "full"), [("a.dcm", "bytes"), ("a.dcm", "files"), ("a.nii.gz", "files")])
def test_it_is_told_as_what_it_is_and_afterwards_the_file_is_read(
    tmp_path: Path, name: str, full: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = write_dicom if name == "a.dcm" else write_itk
    paths = [(read_image, write(tmp_path / name, speckle(40, 50)))]
    if name != "a.dcm":
        paths.append((read_mask, write_itk(tmp_path / "mask.nii.gz", three_structures(40, 50))))
    with small_disk_at(tmp_path / "temporary", FULL[full]) as disk:
        if full == "bytes":
            (disk / "other").write_bytes(bytes(4096))
        with monkeypatch.context() as patch:
            patch.setattr("tempfile.tempdir", str(disk))
            for read, path in paths:
                with pytest.raises(OSError, match="No space left on device") as refused:
                    read(path)
                assert refused.value.errno == errno.ENOSPC
                assert str(disk) in str(refused.value)
    for read, path in paths:
        read(path)
