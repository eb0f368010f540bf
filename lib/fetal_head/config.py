"""Typed settings: read from configs/*.yaml, every one overridable as `--conf key value`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from fetal_head.labels import NAMES, in_order

# a link to those of the checkout, so that a wheel has them too
CONFIGS = Path(__file__).resolve().parent / "configs"

# no network is so large; a damaged model file, which is held against these, must not make one that fills the memory
LARGEST, MOST_LEVELS = 4096, 16

# MONAI Label keeps these in the same `--conf` list and reads them itself
UPSTREAM_KEYS = ("server_mode",)

# settings of learning that say where a training runs and is told of: several processes learn what one does
CHANGE_NO_RESULT = {"processes", "tracking_url"}

_SECRET = "secret"
# by the type of a mistake that pydantic names in words of Python
_WRITTEN = {
    "tuple_type": "a list is written as [a, b]",
    "dict_type": "a table is written as {name: value}",
    "string_type": "a text of digits is written in quotes",
}


def _without_password(url: str) -> str:
    if re.search(r"//[^/?#@]*:[^/?#]*@", url):
        # every model's header has the settings that it was trained with
        instead = "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD in the environment"
        raise PydanticCustomError(_SECRET, f"a password in the URL would be kept with every model; {instead}")
    return url


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ModelSettings(_Section):
    """The networks and the sizes that they see images at."""

    locator_rows: int = Field(ge=32, le=LARGEST, multiple_of=16)
    locator_columns: int = Field(ge=32, le=LARGEST, multiple_of=16)
    frame_rows: int = Field(ge=32, le=LARGEST, multiple_of=16)
    frame_columns: int = Field(ge=32, le=LARGEST, multiple_of=16)
    network: str = Field(pattern=r"^(unet|residual_unet|attention_unet|smp:[\w-]+:[\w.-]+)$")
    channels: tuple[Annotated[int, Field(ge=1, le=LARGEST)], ...] = Field(min_length=2, max_length=MOST_LEVELS)
    residual_units: int = Field(ge=0, le=MOST_LEVELS)
    threshold: float = Field(gt=0, lt=1)
    smallest_share: float = Field(ge=0, lt=1)
    head_as_ellipse: bool


class LearningSettings(_Section):
    """How the Train button trains."""

    max_epochs: int = Field(ge=1)
    batch_size: int = Field(ge=1)
    learning_rate: float = Field(gt=0)
    weight_decay: float = Field(ge=0)
    batches_per_epoch: int = Field(ge=1)
    train_locator: bool
    dice_weight: float = Field(ge=0)
    entropy_weight: float = Field(ge=0)
    csp_weight: float = Field(gt=0)
    lv_weight: float = Field(gt=0)
    augmentation: Literal["none", "flip", "spatial", "grey", "full"]
    validation_folds: int = Field(ge=2)
    seed: int = Field(ge=0)
    processes: int = Field(ge=0)
    tracking_url: Annotated[str, AfterValidator(_without_password)]


class SelectionSettings(_Section):
    """How the next image is chosen."""

    dropout_samples: int = Field(ge=2)
    dropout_rate: float = Field(gt=0, lt=1)
    frame_cache_mb: int = Field(ge=0)


class StoreSettings(_Section):
    """Where labels are accounted for, and how people share the work."""

    database_url: str = Field(pattern=r"^(embedded|postgresql\+psycopg://.+)$")
    # a year at most
    lease_minutes: float = Field(gt=0, le=525_600)
    readers: int = Field(ge=1)
    structures: Annotated[tuple[str, ...], AfterValidator(in_order)] = Field(NAMES, min_length=1)


class ServerSettings(_Section):
    """Who may come from where, and how much at once."""

    clients: Literal["loopback", "any"]
    allowed_hosts: tuple[Annotated[str, Field(pattern=r"^[^/:]+$")], ...]
    cors_origins: tuple[Annotated[str, Field(pattern=r"^https?://[^/]+$")], ...]
    upload_megabytes: int = Field(ge=1)
    predictions_at_once: int = Field(ge=1)
    predictions_waiting: int = Field(ge=0)
    session_minutes: float = Field(gt=0, le=525_600)


class DicomwebSettings(_Section):
    """What DICOM viewers are told."""

    dicom_names: Literal["pseudonym", "plain"]

    @property
    def named(self) -> bool:
        """Whether patients and images are called by their names, not by pseudonyms."""
        return self.dicom_names == "plain"


class LoginSettings(_Section):
    """Who may use the server."""

    login: Literal["none", "users", "oidc"]
    token_hours: float = Field(gt=0)


class PacsSettings(_Section):
    """How the server works with the PACS that its study is."""

    pacs_folder: str = Field(min_length=1)
    pacs_user: str = Field(min_length=1)
    pacs_password_file: str = Field(min_length=1)
    pacs_token_file: str = Field(min_length=1)
    pacs_ca_file: str = Field(min_length=1)
    pacs_search: dict[str, str]
    pacs_frames: Literal["all", "key"]
    # a day at most
    pacs_poll_seconds: float = Field(gt=0, le=86_400)
    pacs_timeout_seconds: float = Field(gt=0)
    pacs_megabytes: int = Field(ge=1)
    pacs_push: bool
    pacs_replaced: Literal["reject", "delete", "keep"]


class Settings(_Section):
    """All settings, a section for each file in configs/."""

    model: ModelSettings
    learning: LearningSettings
    selection: SelectionSettings
    store: StoreSettings
    login: LoginSettings
    server: ServerSettings
    dicomweb: DicomwebSettings
    pacs: PacsSettings


def load_settings(overrides: Mapping[str, str] | None = None, folder: Path = CONFIGS) -> Settings:
    """Reads configs/*.yaml and lays `overrides` (setting -> value as text, as `--conf` gives them) over them.

    Raises:
        ValueError: a file is missing or it or a value is not YAML, a key is unknown (the nearest right one is named), or a value
            is not allowed.
    """
    sections = {name: _read(folder / f"{name}.yaml") for name in Settings.model_fields}
    known = {key: name for name, section in sections.items() for key in section}
    for key, text in (overrides or {}).items():
        if key in UPSTREAM_KEYS:
            continue
        if key not in known:
            raise ValueError(_unknown(key, list(known)))
        sections[known[key]][key] = _value(key, text)
    try:
        return Settings.model_validate(sections)
    except ValidationError as error:
        raise ValueError(_first_sentence(error)) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, ValueError) as error:  # ValueError: not in UTF-8, or a date that no calendar has
        raise ValueError(f"the settings file {path} cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(values, dict):
        raise ValueError(f"the settings file {path} holds no 'key: value' lines")
    return values


def _value(key: str, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that no calendar has
        what = " ".join(str(error).split())
        raise ValueError(f"the setting '{key}' cannot be read from '{text}': write it as in configs/*.yaml ({what})") from error


def _unknown(key: str, known: list[str]) -> str:
    nearest = get_close_matches(key, known, n=1, cutoff=0.5)
    hint = f"did you mean '{nearest[0]}'?" if nearest else f"there are {', '.join(sorted(known))}"
    return f"no setting is called '{key}'; {hint}"


def _first_sentence(error: ValidationError) -> str:
    # a misspelt key makes two errors, one for the key and one for the missing right one: the first one helps
    first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
    section, *rest = (str(part) for part in first["loc"])
    key = ".".join(rest)
    if first["type"] == "extra_forbidden":
        return f"configs/{section}.yaml: {_unknown(key, list(Settings.model_fields[section].annotation.model_fields))}"  # type: ignore[union-attr]
    told = "" if first["type"] == _SECRET else f" (it is {first['input']!r})"
    return f"the setting '{key}' of configs/{section}.yaml: {_WRITTEN.get(first['type'], first['msg'])}{told}"
