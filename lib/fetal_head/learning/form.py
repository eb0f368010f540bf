"""What a viewer's Train form may say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from fetal_head.config import Settings

# what the form calls them, and the settings
FIELDS = {"max_epochs": "max_epochs", "train_batch_size": "batch_size"}


def with_form(settings: Settings, form: Mapping[str, Any]) -> Settings:
    """The settings with what the form says in their place. Raises ValueError for a value out of bounds."""
    learning = settings.learning
    asked = {setting: form[field] for field, setting in FIELDS.items() if form.get(field) not in (None, "")}
    try:
        return settings.model_copy(update={"learning": learning.model_validate({**learning.model_dump(), **asked})})
    except ValidationError as error:
        first = error.errors()[0]
        field = next(field for field, setting in FIELDS.items() if setting == first["loc"][0])
        raise ValueError(f"{field}: {first['msg']}") from error


def from_served(form: Mapping[str, Any]) -> bool:
    """Whether the training starts from the served model: unless the form says no. Raises ValueError for neither yes nor no."""
    said = form.get("pretrained")
    try:
        return said in (None, "") or TypeAdapter(bool).validate_python(said)
    except ValidationError as error:
        raise ValueError(f"pretrained: {error.errors()[0]['msg']}") from error
