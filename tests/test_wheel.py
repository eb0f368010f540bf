"""What goes into a wheel besides Python."""

from __future__ import annotations

from pathlib import Path

import pytest
from setuptools import Distribution

from fetal_head.config import CONFIGS, Settings

ROOT = Path(__file__).parents[1]


def test_settings_weights_and_pages_are_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    distribution = Distribution()
    distribution.parse_config_files()
    build = distribution.get_command_obj("build_py")
    build.ensure_finalized()
    package = ROOT / "lib" / "fetal_head"
    files = next(names for name, _, _, names in build.get_data_files_without_manifest() if name == "fetal_head")
    inside = set(map(Path, files))
    others = ("model/shipped/*", "evaluation/*.html", "simulation/*.html", "server/ohif/*.*")
    assert {path.relative_to(package) for pattern in others for path in package.glob(pattern)} < inside
    assert package / "configs" == CONFIGS
    assert {Path("configs", f"{section}.yaml") for section in Settings.model_fields} < inside
