"""Pages for a browser: the API's, and the viewer OHIF as it comes with MONAI Label."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from typing import Any

import fastapi_offline
import monailabel
from fastapi import APIRouter, Depends, FastAPI
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from fetal_head.labels import STRUCTURES
from fetal_head.server.login.identity import requires

STATIC = Path(monailabel.__file__).parent / "endpoints" / "static"
API = Path(fastapi_offline.__file__).parent / "static"
MODE = Path(__file__).parents[1] / "ohif"
# nothing is asked of other servers: they would learn who opens which image. OHIF decodes in workers, with WebAssembly
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "worker-src 'self' blob:",
        "connect-src 'self' blob: data:",
        "img-src 'self' blob: data:",
        "style-src 'self' 'unsafe-inline'",
        "font-src 'self' data:",
        "object-src 'none'",
        "frame-ancestors 'self'",
    ]
)
# asked for by OHIF, and refused by the policy: each time an error that means nothing
FONTS = re.compile(r'<link [^>]*"https://fonts\.[^>]*>|@import url\(https://fonts\.[^)]*\);')
SCHEMA = "/openapi.json"


# the routes of files are async, since these look for their file in a thread by themselves
def api_pages(application: FastAPI) -> APIRouter:
    """The pages of the API: what it looks like is no secret."""
    router = APIRouter(include_in_schema=False)
    static, api = StaticFiles(directory=STATIC), StaticFiles(directory=API)

    @router.get(SCHEMA)
    def schema() -> dict[str, Any]:
        return application.openapi()

    @router.get("/")
    def try_out() -> Response:
        page = get_swagger_ui_html(
            openapi_url=SCHEMA,
            title=application.title,
            swagger_js_url="/docs/swagger-ui-bundle.js",
            swagger_css_url="/docs/swagger-ui.css",
            swagger_favicon_url="/favicon.ico",
        )
        return _fresh(page)

    @router.get("/docs")
    def read() -> Response:
        page = get_redoc_html(
            openapi_url=SCHEMA,
            title=application.title,
            redoc_js_url="/docs/redoc.standalone.js",
            redoc_favicon_url="/favicon.ico",
            with_google_fonts=False,
        )
        return _fresh(page)

    @router.get("/docs/{path:path}")
    async def api_file(path: str, request: Request) -> Response:
        return await api.get_response(path, request.scope)

    @router.get("/favicon.ico")
    async def favicon(request: Request) -> Response:
        return await static.get_response("favicon.ico", request.scope)

    @router.get("/static/{path:path}")
    async def static_file(path: str, request: Request) -> Response:
        return await static.get_response(path, request.scope)

    return router


def ohif_pages(asked: Collection[str]) -> APIRouter:
    """The pages of OHIF and of our mode in it, for users, who are `asked` to draw these structures."""
    router = APIRouter(prefix="/ohif", include_in_schema=False, dependencies=[Depends(requires("user"))])
    ohif, mode = StaticFiles(directory=STATIC / "ohif"), StaticFiles(directory=MODE)
    page, style = (
        FONTS.sub("", (STATIC / "ohif" / name).read_text(encoding="utf-8")) for name in ("index.html", "app.bundle.css")
    )

    @router.get("/fetal-head/structures.json")
    def structures() -> list[dict[str, Any]]:
        return [{"name": s.name, "value": s.value, "color": s.colour, "asked": s.name in asked} for s in STRUCTURES]

    @router.get("/fetal-head/{path:path}")
    async def mode_file(path: str, request: Request) -> Response:
        """A file of our mode."""
        return _fresh(await mode.get_response(path, request.scope))

    @router.get("/app-config.js")
    async def mode_config(request: Request) -> Response:
        return _fresh(await mode.get_response("app-config.js", request.scope))

    @router.get("/")
    async def worklist(request: Request) -> Response:
        """The work list, from which images are opened in OHIF."""
        return _fresh(await mode.get_response("worklist.html", request.scope))

    @router.get("/app.bundle.css")
    def viewer_style() -> Response:
        # it is no file, of which a browser could ask whether it is still the same
        return Response(style, media_type="text/css", headers={"Cache-Control": "private, max-age=3600"})

    @router.get("/{path:path}")
    async def viewer(path: str, request: Request) -> Response:
        """A file of OHIF. Its own paths, like /ohif/viewer, are no files: all of them are its one page."""
        try:
            if path != "index.html":
                return await ohif.get_response(path, request.scope)
        except HTTPException as error:
            if error.status_code != 404 or PurePosixPath(path).suffix:
                raise
        return _fresh(HTMLResponse(page))

    return router


def _fresh(response: Response) -> Response:
    """Asked for again each time, since the page of yesterday does not go with the server of today; and it asks nobody else."""
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Content-Security-Policy"] = POLICY
    return response
