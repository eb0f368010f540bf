"""Sessions over HTTP."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, File, HTTPException, UploadFile

from fetal_head.imaging import read_image
from fetal_head.server.downloads import download
from fetal_head.server.login.identity import requires
from fetal_head.server.sessions import Sessions
from fetal_head.server.uploads import kept_image
from fetal_head.store.errors import not_read


def session_routes(sessions: Sessions) -> APIRouter:
    """The routes that make, tell of and delete sessions, with the role that upstream asks for."""
    router = APIRouter(prefix="/session", tags=["Session"], dependencies=[Depends(requires("user"))])

    @router.put("/")
    def create_session(
        files: list[UploadFile] = File(...),  # noqa: B008
        uncompress: bool = False,
        expiry: int = 0,
    ) -> dict[str, Any]:
        """Takes one image that is not part of the study.

        Answers 422 for anything but a single image that can be read, 503 where the system cannot read it now.
        """
        if uncompress:
            raise HTTPException(422, "archives are not unpacked: upload the image itself, without uncompress")
        if len(files) != 1:
            raise HTTPException(422, f"a session has one image, not {len(files)} files")
        with kept_image(files[0]) as path:
            try:
                read_image(path)
            except ValueError as error:
                raise not_read(f"the image was not accepted: {error}", error) from error
            session = sessions.add(path, expiry)
        return {"session_id": session.folder.name, "session_info": session.facts}

    @router.get("/{session_id}")
    def tell_session(session_id: str, update_ts: bool = False, image: bool = False) -> Any:
        """What is known of a session, {} for one that is over, or its `image`; with `update_ts` its time begins anew."""
        # of nothing 3D Slicer makes another session; at a 404 it gives up, for as long as its image is open
        if not image and sessions.is_over(session_id):
            return {}
        session = sessions.find(session_id, touch=update_ts)
        return download(session.image, session.image.name) if image else session.facts

    @router.delete("/{session_id}")
    def remove_session(session_id: str) -> dict[str, Any]:
        """Deletes a session and its image."""
        return sessions.remove(session_id).facts

    return router
