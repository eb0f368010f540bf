"""HTTP to a PACS: who we are there, whom we trust, and how long and how much we listen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
from monailabel.config import settings as upstream
from requests.auth import AuthBase, HTTPBasicAuth

from fetal_head.config import PacsSettings
from fetal_head.pacs.errors import PacsAwayError, PacsRefusalError

NONE, SYSTEM = "none", "system"
# it answers so as long as it, or what stands before it, cannot work or does not know us
AWAY = (401, 407, 408, 429, 502, 503, 504)
# little at a time: what is packed may be a thousand times as long
CHUNK = 2**16
# what can be seen of ASCII
TOKEN = re.compile(r"[!-~]+")


class PacsSession(requests.Session):
    """Requests with limits of time and length, our credentials, and the certificate that we trust; none is led elsewhere.

    Raises:
        ValueError: a file of the settings cannot be read.
    """

    def __init__(self, settings: PacsSettings) -> None:
        super().__init__()
        self._timeout = settings.pacs_timeout_seconds
        self._megabytes = settings.pacs_megabytes
        self.auth = credentials(settings)
        if settings.pacs_ca_file != SYSTEM:
            _read(settings.pacs_ca_file, "pacs_ca_file")
            self.verify = settings.pacs_ca_file
            # certificates that the environment names would count before this one
            self.trust_env = False

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """As `requests` does it, which reads the answer unless it is to be a `stream`.

        Raises:
            PacsAwayError: there is no answer, or none but that it is not there for us.
            PacsRefusalError: the answer is too long.
        """
        is_stream = kwargs.get("stream", False)
        kwargs |= {"timeout": self._timeout, "allow_redirects": False, "stream": True}
        try:
            response = super().send(request, **kwargs)
        except requests.RequestException as error:
            raise PacsAwayError(f"the PACS does not answer ({_reason(error)})") from error
        if response.status_code in AWAY or response.is_redirect:
            response.close()
            raise PacsAwayError(f"the PACS answers {response.status_code} ({response.reason})")
        if not is_stream:
            # where `requests` itself keeps what it has read, however much that is
            response._content = b"".join(chunks(response, self._megabytes))
        return response

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Nowhere: `requests` would read the answer, however long, only to see where it leads."""
        return None


def credentials(settings: PacsSettings) -> AuthBase | None:
    """What shows the PACS who we are; None where nothing is set. Raises ValueError for a file that cannot be read."""
    if settings.pacs_token_file != NONE:
        _token(settings.pacs_token_file)
        return _Bearer(settings.pacs_token_file)
    user = upstream.MONAI_LABEL_DICOMWEB_USERNAME if settings.pacs_user == NONE else settings.pacs_user
    password = upstream.MONAI_LABEL_DICOMWEB_PASSWORD
    if settings.pacs_password_file != NONE:
        password = _read(settings.pacs_password_file, "pacs_password_file")
    # in UTF-8, as RFC 7617 has it: requests would take Latin-1
    return HTTPBasicAuth(user.encode(), password.encode()) if user else None


def chunks(response: requests.Response, megabytes: int) -> Iterator[bytes]:
    """An answer as it comes. Raises PacsRefusalError when it gets too long, PacsAwayError when it breaks off."""
    length = 0
    try:
        for chunk in response.iter_content(CHUNK):
            length += len(chunk)
            if length > megabytes * 1_000_000:
                raise PacsRefusalError(f"what the PACS answers has more than {megabytes} MB (the setting pacs_megabytes)")
            yield chunk
    except requests.RequestException as error:
        raise PacsAwayError(f"the PACS broke off ({_reason(error)})") from error
    finally:
        response.close()


class _Bearer(AuthBase):
    """Shows the token that is in a file now: tokens run out, and whoever renews them writes them there."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        try:
            request.headers["Authorization"] = f"Bearer {_token(self._path)}"
        except ValueError as error:
            raise PacsAwayError(f"the PACS is not asked: {error}") from error
        return request


def _token(path: str) -> str:
    """What is in the file of a token. Raises ValueError, which does not tell it, for what no header can hold."""
    token = _read(path, "pacs_token_file")
    if not TOKEN.fullmatch(token):
        raise ValueError(f"the file {path} of the setting pacs_token_file holds no token: write it there, and nothing else")
    return token


def _read(path: str, setting: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise ValueError(f"the file {path} of the setting {setting} cannot be read: {error}") from error


def _reason(error: requests.RequestException) -> str:
    """Why, without the address of what was asked for."""
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted; see the setting pacs_ca_file"
    return type(error).__name__
