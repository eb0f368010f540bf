"""Archives whose members lead out of the folder in which they are unpacked, or fill it."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path


def archives(secret: Path) -> Iterator[tuple[str, bytes]]:
    """File names and contents."""
    for name in ("../../evil.txt", str(secret.with_name("evil.txt")), "..\\..\\evil.txt"):
        yield "a.zip", _zip({name: b"evil"})
        yield "a.tar.gz", _tar(_member(name, b"evil"))
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
        link = tarfile.TarInfo("link")
        link.type, link.linkname = kind, str(secret)
        yield "a.tar", _tar((link, b""), _member("link", b"evil"))
    device = tarfile.TarInfo("device")
    device.type = tarfile.CHRTYPE
    yield "a.tar", _tar((device, b""))
    symlink = zipfile.ZipInfo("link")
    symlink.external_attr = 0o120777 << 16
    yield "a.zip", _zip({symlink: str(secret).encode()})
    yield "bomb.zip", _zip({"zeros": bytes(100_000_000)})
    yield "a.zip", b"PK\3\4" + bytes(100)


def _zip(members: dict[str, bytes] | dict[zipfile.ZipInfo, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def _member(name: str, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    return member, content


def _tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for member, content in members:
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()
