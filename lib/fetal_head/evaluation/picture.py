"""A figure of the report."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from fetal_head.files import replacing


@dataclass(frozen=True)
class Picture:
    """A PNG with the name of its file, its text for those who do not see it, and its caption."""

    file: str
    png: bytes
    alt: str
    caption: str

    @property
    def uri(self) -> str:
        """The PNG as a data URI."""
        return f"data:image/png;base64,{base64.b64encode(self.png).decode('ascii')}"

    def save(self, folder: Path) -> None:
        """Writes its file into a folder, whole or not at all."""
        with replacing(folder / self.file) as temporary:
            temporary.write_bytes(self.png)


def to_png(figure: Figure, dpi: int = 120) -> bytes:
    """The figure as PNG, the same bytes for the same figure."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=dpi, metadata={"Software": None})
    return file.getvalue()
