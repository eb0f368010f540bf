"""The list of rooms by which a newcomer finds the place of a change."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "lib" / "fetal_head"


def test_every_room_is_in_the_list() -> None:
    listed = re.findall(r"^ +([\w.]+/?) ", (ROOT / "docs/architecture.md").read_text().split("```")[1], re.MULTILINE)
    files = [path.name for path in PACKAGE.glob("*.py") if path.name != "__init__.py"]
    rooms = [
        f"{path.parent.name}/"
        for above in (PACKAGE, PACKAGE / "store", PACKAGE / "server")
        for path in above.glob("*/__init__.py")
    ]
    assert set(listed) == {*files, *rooms, "configs/", "ohif/"}
