"""The ledger by which chaos is judged finds what is lost, changed or out of order."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from serving import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

from fetal_head.config import load_settings
from fetal_head.files import WRITING, temporary_in
from fetal_head.store.labels.settling import FINAL
from fetal_head.store.study import StudyDatastore
from trials.ledger import Ledger
from trials.masks import mask_of, number_of, png_of, write_images


@pytest.fixture
def study(tmp_path: Path) -> StudyDatastore:
    write_images(tmp_path / "studies", 2)
    return StudyDatastore(str(tmp_path / "studies"), load_settings().store)


def _submit(study: StudyDatastore, ledger: Ledger, image: str, folder: Path, *, acknowledged: bool = True) -> int:
    number = ledger.begin(image)
    (folder / "mask.png").write_bytes(png_of(mask_of(number)))
    study.save_label(image, str(folder / "mask.png"), FINAL, {})
    ledger.end(number, acknowledged)
    return number


def test_masks_are_told_from_each_other() -> None:
    assert [number_of(mask_of(number)) for number in (0, 1, 77, 2**32 - 1)] == [0, 1, 77, 2**32 - 1]
    changed = mask_of(5)
    changed[30, 30] = 0
    assert number_of(changed) is None


def test_a_whole_study_has_nothing_wrong(study: StudyDatastore, tmp_path: Path) -> None:
    ledger = Ledger()
    for image in ("image0000", "image0001", "image0000"):
        _submit(study, ledger, image, tmp_path)
    _submit(study, ledger, "image0001", tmp_path, acknowledged=False)
    look = ledger.look(tmp_path / "studies")
    assert (look.wrong, look.leftovers, ledger.kept_unacknowledged) == ([], 0, 1)


def test_what_is_lost_changed_or_overtaken_is_found(study: StudyDatastore, tmp_path: Path) -> None:
    ledger = Ledger()
    number = ledger.begin("image0000")
    ledger.end(number, acknowledged=True)
    assert "was acknowledged and is lost" in ledger.look(tmp_path / "studies").wrong[0]
    ledger = Ledger()
    _submit(study, ledger, "image0001", tmp_path)
    later = ledger.begin("image0001")
    ledger.end(later, acknowledged=True)
    assert any("was sent after it" in sentence for sentence in ledger.look(tmp_path / "studies").wrong)
    (tmp_path / "studies/labels/final/image0001.nrrd").write_bytes(b"torn")
    with pytest.raises(ValueError, match=r"image0001\.nrrd"):
        ledger.look(tmp_path / "studies")


def test_a_file_left_behind_is_found_and_one_that_is_written_now_is_none(study: StudyDatastore, tmp_path: Path) -> None:
    frames = tmp_path / "studies/.fetal_head/frames"
    frames.mkdir()
    with temporary_in(frames, ".npy"):
        assert Ledger().look(tmp_path / "studies").wrong == []
    (frames / f"{WRITING}x.npy").touch()
    assert Ledger().look(tmp_path / "studies").wrong == [f"{frames / WRITING}x.npy was left behind"]
