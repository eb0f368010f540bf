"""Settings that are right, or an error that helps."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from fetal_head.config import CONFIGS, Settings, load_settings


def test_every_setting_can_be_overridden_by_its_own_name() -> None:
    names = [key for section in Settings.model_fields.values() for key in section.annotation.model_fields]
    assert len(names) == len(set(names)), "--conf knows a setting by its name alone"
    defaults = load_settings()
    assert load_settings({key: str(list(v) if isinstance(v, tuple) else v) for key, v in _flat(defaults).items()}) == defaults
    assert load_settings({"max_epochs": "7"}).learning.max_epochs == 7


def _flat(settings: Settings) -> dict[str, object]:
    return {key: getattr(section, key) for _, section in settings for key in type(section).model_fields}


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("max_epoch", "3", "did you mean 'max_epochs'?"),
        ("learnin_rate", "3", "did you mean 'learning_rate'?"),
        ("zzz", "3", "there are allowed_hosts, augmentation, batch_size"),
        ("max_epochs", "0", "greater than or equal to 1"),
        ("threshold", "1.5", "less than 1"),
        ("lease_minutes", ".inf", "the setting 'lease_minutes' of configs/store.yaml: Input should be a finite number"),
        ("lease_minutes", "1e17", "less than or equal to 525600"),
        ("pacs_poll_seconds", "1e10", "less than or equal to 86400"),
        ("network", "vnet", "the setting 'network' of configs/model.yaml"),
        ("augmentation", "fulll", "the setting 'augmentation' of configs/learning.yaml"),
        ("batch_size", "many", "the setting 'batch_size' of configs/learning.yaml"),
        ("channels", "[16, 32", "the setting 'channels' cannot be read from '[16, 32': write it as in configs/*.yaml"),
        ("channels", "[0, 32]", "the setting 'channels.0' of configs/model.yaml: Input should be greater than or equal to 1"),
        ("channels", "[16, 5000]", "the setting 'channels.1' of configs/model.yaml: Input should be less than or equal to 4096"),
        ("channels", str([8] * 17), "Tuple should have at most 16 items"),
        ("residual_units", "17", "the setting 'residual_units' of configs/model.yaml: Input should be less than or equal to 16"),
        ("frame_rows", "4112", "the setting 'frame_rows' of configs/model.yaml: Input should be less than or equal to 4096"),
        (
            "allowed_hosts",
            "labserver",
            "the setting 'allowed_hosts' of configs/server.yaml: a list is written as [a, b] (it is 'labserver')",
        ),
        ("pacs_search", "US", "the setting 'pacs_search' of configs/pacs.yaml: a table is written as {name: value} (it is 'US')"),
        (
            "pacs_search",
            "{StudyDate: 20240101}",
            "'pacs_search.StudyDate' of configs/pacs.yaml: a text of digits is written in quotes",
        ),
        ("structures", "[]", "the setting 'structures' of configs/store.yaml"),
        ("structures", "[BRAIN, SKULL]", "no structure is called SKULL; there are BRAIN, CSP, LV"),
        ("network", "2026-13-01", "the setting 'network' cannot be read from '2026-13-01'"),
    ],
)
def test_wrong_settings(key: str, value: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        load_settings({key: value})


def test_mistakes_in_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "configs"
    shutil.copytree(CONFIGS, folder)
    learning = folder / "learning.yaml"
    learning.write_text(learning.read_text().replace("seed:", "sead:"))
    with pytest.raises(ValueError, match="did you mean 'seed'"):
        load_settings(folder=folder)
    for text in ("# gr\xfcn\nseed: 0\n", "seed: 2026-13-01\n", "seed: [\n", "- seed\n"):
        learning.write_text(text, encoding="latin-1")
        with pytest.raises(
            ValueError, match=r"the settings file .*learning\.yaml (cannot be read: .*|holds no 'key: value' lines)$"
        ):
            load_settings(folder=folder)
    learning.unlink()
    with pytest.raises(ValueError, match="cannot be read"):
        load_settings(folder=folder)


def test_keys_of_monai_label_itself_pass() -> None:
    assert load_settings({"server_mode": "true"}) == load_settings()


@pytest.mark.parametrize("user", ["bob:SECRET", ":SECRET", "bob:SEC@RET"])
def test_a_password_that_every_model_would_hold_is_refused_and_not_repeated(user: str) -> None:
    with pytest.raises(ValueError, match="MLFLOW_TRACKING_PASSWORD") as refused:
        load_settings({"tracking_url": f"https://{user}@host:5000/mlflow"})
    assert "SEC" not in str(refused.value)


@pytest.mark.parametrize("url", ["embedded", "none", "http://host:5000/a@b", "https://bob@host", "sqlite:////folder/mlflow.db"])
def test_other_addresses_of_mlflow_are_taken(url: str) -> None:
    assert load_settings({"tracking_url": url}).learning.tracking_url == url
