"""The versions of a model as people are told of them."""

from __future__ import annotations

from typing import Any

from fetal_head.model.registry import Registry, Version


def listing(registry: Registry) -> list[dict[str, Any]]:
    """All versions, the shipped one first, then oldest to newest.

    Each with `version`, `served`, `published` (`rollback` leads back to it, or it is served), and `parent`, `created`, `dice` and
    `verdict` as its file says, or `damaged` with the reason why its file cannot be read.
    """
    order = registry.served()
    return [_row(version, order) for version in registry.versions()]


def _row(version: Version, order: list[Version]) -> dict[str, Any]:
    row = {"version": version.name, "served": version == order[-1], "published": version in order}
    try:
        description = version.description
    except ValueError as error:
        return {**row, "damaged": str(error)}
    return {**row, "parent": description.parent, "created": description.created, **_judged(description.metrics)}


def _judged(metrics: dict[str, Any]) -> dict[str, Any]:
    # a file that somebody uploaded may say anything, that it is another version or served too
    told = {key: said for key in ("dice", "verdict") if isinstance(said := metrics.get(key), dict)}
    if "dice" in told:
        told["dice"] = {name: value for name, value in told["dice"].items() if isinstance(value, float | None)}
    return told
