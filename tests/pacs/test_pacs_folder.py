"""The study folder of a PACS, and what names one."""

from __future__ import annotations

from pathlib import Path

import pytest

from fetal_head.config import PacsSettings, load_settings
from fetal_head.pacs.study import pacs_url, study_folder


def _settings(**changed: str) -> PacsSettings:
    return load_settings(changed).pacs


def test_each_pacs_has_a_folder_of_its_own(tmp_path: Path) -> None:
    urls = ("http://a:8042/dicom-web", "http://a:8042/other", "https://a:8042/dicom-web", "http://b/dicom-web")
    folders = {study_folder(pacs_url(url), _settings(), tmp_path) for url in urls}
    assert len(folders) == 4
    assert all(folder.is_dir() for folder in folders)
    assert study_folder(pacs_url(urls[0] + "/"), _settings(), tmp_path) in folders
    here = _settings(pacs_folder=str(tmp_path / "here"))
    assert [study_folder(urls[0], here, tmp_path) for _ in range(2)] == [tmp_path / "here"] * 2
    with pytest.raises(ValueError, match=r"pacs_folder is the folder of http.*: name another folder"):
        study_folder(urls[1], here, tmp_path)


@pytest.mark.parametrize("studies", ["ftp://a/b", "http://", "http://a/b?c=d", "http://a:port/", "http://u:p@a/dicom-web"])
def test_what_is_no_address_of_a_pacs_is_said(studies: str) -> None:
    with pytest.raises(ValueError, match="--studies") as error:
        pacs_url(studies)
    assert "p@" not in str(error.value)
