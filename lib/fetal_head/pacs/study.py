"""The study folder of a PACS."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from monailabel.config import settings as upstream

from fetal_head.config import PacsSettings
from fetal_head.files import write_text
from fetal_head.store.files.layout import Layout

BELOW_APP = "app"
# beside the database: of which PACS the folder is
ADDRESS = "pacs"
SCHEMES = ("http", "https")


def is_pacs(studies: str) -> bool:
    """Whether `--studies` names a server."""
    return "://" in studies


def pacs_url(studies: str) -> str:
    """The address of a PACS as it is written here. Raises ValueError for one that is none, or holds a password."""
    try:
        parts = urlsplit(studies.strip())
        named = parts.scheme in SCHEMES and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        named = False
    if not named or parts.query or parts.fragment:
        raise ValueError(f"--studies {studies}: a PACS is named by the address of its DICOMweb, like http://host:8042/dicom-web")
    if "@" in parts.netloc:
        raise ValueError("--studies: an address with a password would be in every log; see pacs_user in configs/pacs.yaml")
    return parts.geturl().rstrip("/")


def study_folder(url: str, settings: PacsSettings, app: Path) -> Path:
    """Where the images of a PACS, and their labels, are; made when it is not there.

    Two addresses have two folders, so that the labels of one PACS never go to another.

    Raises:
        ValueError: the folder that `pacs_folder` names is that of another address.
    """
    host = re.sub(r"[^A-Za-z0-9.-]", "_", urlsplit(url).netloc)
    name = f"{host}-{sha256(url.encode()).hexdigest()[:8]}"
    cache = upstream.MONAI_LABEL_DICOMWEB_CACHE_PATH.strip()
    above = Path(cache) if cache else app / "pacs"
    folder = above / name if settings.pacs_folder == BELOW_APP else Path(settings.pacs_folder)
    folder.mkdir(mode=0o770, parents=True, exist_ok=True)
    _keep_address(Layout(folder).hidden / ADDRESS, url)
    return folder


def _keep_address(file: Path, url: str) -> None:
    """Raises ValueError when the file names another PACS."""
    if not file.exists():
        # as the store would make it
        file.parent.mkdir(mode=0o770, exist_ok=True)
        write_text(file, f"{url}\n")
    elif (other := file.read_text(encoding="utf-8").strip()) != url:
        raise ValueError(
            f"pacs_folder is the folder of {other}, whose labels would go to {url}: name another folder; "
            f"or, if it is the same PACS at a new address, write that into {file}"
        )
