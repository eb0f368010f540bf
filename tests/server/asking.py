"""Requests to the server whose border is tested."""

from __future__ import annotations

from typing import Any

import requests

from serving import Server

# the study's image
NAME = "Anna-Musterfrau_1"


def ask(server: Server, method: str, path: str, **options: Any) -> requests.Response:
    """The answer to a request."""
    return requests.request(method, f"{server.url}{path}", timeout=120, **options)


def upload(server: Server, path: str, field: str, content: bytes, name: str, **options: Any) -> requests.Response:
    """The answer to an upload of a file that is called `name`."""
    return ask(server, "PUT", path, files={field: (name, content)}, **options)
