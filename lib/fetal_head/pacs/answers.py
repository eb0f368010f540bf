"""What the answers of a PACS say, whatever they say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import requests
from pydicom.dataset import Dataset

from fetal_head.pacs.errors import PacsRefusalError

UID = re.compile(r"[0-9]+(\.[0-9]+)*")
LONGEST_UID = 64
# no PACS holds so many series, and no series so many instances
MOST = 1_000_000

T = TypeVar("T")


def pages(page: Callable[[int], list[dict[str, Any]]], tag: str) -> Iterator[dict[str, Any]]:
    """All that is found, until a page brings nothing new: pages may be shorter than asked for, or all be the first one.

    Raises:
        PacsRefusalError: a page is answered with an error, or there is no end of them.
    """
    seen: set[str | None] = set()
    offset = 0
    while True:
        found = asked(lambda offset=offset: [dict(each) for each in page(offset)])  # type: ignore[misc]
        new = [each for each in found if uid_in(each, tag) not in seen]
        if not new:
            return
        yield from new
        seen |= {uid_in(each, tag) for each in new}
        offset += len(found)
        if offset > MOST:
            raise PacsRefusalError(f"the PACS lists more than {MOST}; ask for fewer by the setting pacs_search")


def asked(question: Callable[[], T]) -> T:
    """What the question returns. Raises PacsRefusalError when it was answered with an error, or with what is no DICOMweb."""
    try:
        return question()
    except PacsRefusalError:
        raise
    except requests.HTTPError as error:
        status = error.response.status_code
        raise PacsRefusalError(f"the PACS answers {status} to what is asked", status) from error
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise PacsRefusalError(f"the PACS answers what is no DICOMweb ({type(error).__name__})") from error


def dataset_in(response: requests.Response) -> Dataset:
    """A dataset in JSON; an empty one for anything else."""
    try:
        return Dataset.from_json(response.json())
    except (ValueError, KeyError, TypeError, AttributeError):
        return Dataset()


def list_in(response: requests.Response) -> list[dict[str, Any]]:
    """The objects of a list in JSON; an empty one for anything else."""
    try:
        found = response.json()
    except ValueError:
        return []
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def uid_in(found: dict[str, Any], tag: str) -> str | None:
    """A UID in an answer; None for what is none."""
    text = str(value_in(found, tag))
    return text if len(text) <= LONGEST_UID and UID.fullmatch(text) else None


def value_in(found: dict[str, Any], tag: str) -> Any:
    """The first value of an element in an answer; None where there is none."""
    element = found.get(tag)
    values = element.get("Value") if isinstance(element, dict) else None
    return values[0] if isinstance(values, list) and values else None
