"""Images that are no part of the study: uploaded for a prediction, and deleted when nobody asks for them any more."""

from __future__ import annotations

import json
import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from fastapi import HTTPException

from fetal_head.files import write_text

FACTS = "session.json"


@dataclass(frozen=True)
class Session:
    """An uploaded image: the folder that holds it, and when it was made and asked for, in seconds since 1970."""

    folder: Path
    image: Path
    created: int
    last_access: int
    expiry: int

    @property
    def facts(self) -> dict[str, Any]:
        """As MONAI Label tells of a session, without the paths of this machine."""
        return {
            "name": self.folder.name,
            "image": self.image.name,
            "meta": {},
            "create_ts": self.created,
            "last_access_ts": self.last_access,
            "expiry": self.expiry,
        }


class Sessions:
    """A folder of sessions; what an earlier run of the server left behind is as good as what this one made."""

    def __init__(self, folder: Path, minutes: float) -> None:
        self._folder = folder
        self._longest = max(1, round(60 * minutes))

    def add(self, image: Path, expiry: int = 0) -> Session:
        """Moves an image file into a new session, which nobody's asking for it ends after `expiry` seconds, if that is sooner.

        Raises OSError when the disk does not take it, and keeps none of it.
        """
        self.remove_expired()
        name = str(uuid4())
        making = self._folder / f".{name}"
        making.mkdir(parents=True, mode=0o700)
        facts = {"created": int(time.time()), "expiry": min(expiry, self._longest) if expiry > 0 else self._longest}
        try:
            shutil.move(image, making / f"image{''.join(image.suffixes)}")
            write_text(making / FACTS, json.dumps(facts))
            making.rename(self._folder / name)
        except OSError:
            shutil.rmtree(making, ignore_errors=True)
            raise
        return self.find(name)

    def find(self, session_id: str, touch: bool = False) -> Session:
        """The session of that id; with `touch` its time begins anew. Answers 404 when there is none, or none any more."""
        session = _read(self._folder / session_id) if _is_id(session_id) else None
        if session is None or _is_over(session) or (touch and not _is_touched(session)):
            raise HTTPException(404, "there is no such session any more; upload the image again")
        return session

    def is_over(self, session_id: str) -> bool:
        """Whether that is the id of a session that is none any more."""
        if not _is_id(session_id):
            return False
        session = _read(self._folder / session_id)
        return session is None or _is_over(session)

    def image(self, session_id: str) -> Path:
        """The image of a session, whose time begins anew. Answers 404 when there is none."""
        return self.find(session_id, touch=True).image

    def remove(self, session_id: str) -> Session:
        """Deletes a session and its image, and tells what it was. Answers 404 when there is none."""
        session = self.find(session_id)
        shutil.rmtree(session.folder, ignore_errors=True)
        return session

    def remove_expired(self) -> None:
        """Deletes every session whose time is over, and what a killed server left of one that it was making."""
        for folder in self._folder.glob("*"):
            session = _read(folder)
            # another request may make it a session, or take it away, meanwhile
            with suppress(FileNotFoundError):
                if _is_over(session) if session else time.time() - folder.stat().st_mtime > self._longest:
                    shutil.rmtree(folder, ignore_errors=True)


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text, version=4)) == text
    except ValueError:
        return False


def _read(folder: Path) -> Session | None:
    try:
        said = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        last_access = int((folder / FACTS).stat().st_mtime)
        image = next(folder.glob("image.*"))
        return Session(folder, image, int(said["created"]), last_access, int(said["expiry"]))
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        return None


def _is_over(session: Session) -> bool:
    # a clock that was set back leaves a last access that is still to come
    return time.time() - session.last_access > session.expiry


def _is_touched(session: Session) -> bool:
    """Begins its time anew. False when it is gone meanwhile."""
    try:
        os.utime(session.folder / FACTS)
    except FileNotFoundError:
        return False
    return True
