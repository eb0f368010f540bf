"""What goes into a wheel besides Python, and into a source distribution besides the package."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

import pytest
from setuptools import Distribution, build_meta

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


def test_a_source_distribution_has_the_app_and_no_model_that_was_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT / "lib", checkout / "lib", symlinks=True, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copytree(ROOT / "configs", checkout / "configs")
    for name in ("pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "apps/fetal_head/main.py"):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, checkout / name)
    (checkout / "apps/fetal_head/model/fetal_head").mkdir(parents=True)
    (checkout / "apps/fetal_head/model/fetal_head/v0001.safetensors").touch()
    monkeypatch.chdir(checkout)
    with tarfile.open(tmp_path / build_meta.build_sdist(str(tmp_path))) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {"apps/fetal_head/main.py", "lib/fetal_head/configs/model.yaml", "LICENSE"} < inside
    assert not [name for name in inside if name.startswith(("apps/fetal_head/model", "tests"))]
