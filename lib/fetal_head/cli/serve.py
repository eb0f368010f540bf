"""`fetal-head serve`."""

from __future__ import annotations

import os
import socket
import sys
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated

import typer

from fetal_head.cli.options import APP_DIR, App, Conf, app, overrides, study_folder
from fetal_head.config import load_settings


@app.command(epilog="Example: fetal-head serve --studies studies/demo --port 8000")
def serve(
    studies: Annotated[
        str, typer.Option(help="Folder of images, with or without labels, or a PACS: the address of its DICOMweb.")
    ],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    app_dir: App = APP_DIR,
    conf: Conf = None,
) -> None:
    """Start the server for 3D Slicer and browsers; without a login, whoever reaches its --host may use it."""
    from fetal_head.model.folder import models_folder
    from fetal_head.pacs.study import is_pacs, pacs_url

    if is_pacs(studies):
        pacs_url(studies)
    else:
        study_folder(Path(studies))
    # an address that others reach is an explicit wish that they do
    given = ({} if _is_here(host) else {"clients": "any"}) | overrides(conf)
    load_settings(given)
    if not (app_dir / "main.py").is_file():
        raise ValueError(f"{app_dir} is no app, it has no main.py: name the folder apps/fetal_head of a checkout with --app")
    check_writable(app_dir)
    models_folder(app_dir)
    check_address(host, port)
    pairs = [part for key, value in given.items() for part in ("--conf", key, value)]
    command = ["start_server", "--app", str(app_dir), "--studies", studies, "--host", host, "--port", str(port), *pairs]
    os.execv(sys.executable, [sys.executable, "-m", "fetal_head.server.start", *command])


def check_writable(app_dir: Path) -> None:
    """Raises ValueError when the server cannot keep its log and its models there: it would end in upstream's traceback."""
    try:
        TemporaryFile(dir=app_dir).close()
    except OSError as error:
        do = "give this user the right to, or name a copy of it with --app"
        raise ValueError(f"the app's folder {app_dir} cannot be written: {do} ({error.strerror})") from error


def check_address(host: str, port: int) -> None:
    """Raises ValueError when a server cannot listen there: found only once it is up, it would be lines into its log."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        socket.create_server(address[:2], family=family).close()
    except OSError as error:
        do = "give another --port or --host, or stop the program that listens there"
        raise ValueError(f"the server cannot listen on port {port} of {host}: {do} ({error.strerror})") from error


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
