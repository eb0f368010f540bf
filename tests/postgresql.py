"""A PostgreSQL server of the tests' own, from Debian's package."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from serving import free_port


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, None when they are not installed."""
    found = [Path(path).parent for path in [shutil.which("initdb")] if path]
    found += [path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)]
    return found[0] if found else None


@contextmanager
def cluster(bin_folder: Path) -> Iterator[str]:
    """A server on 127.0.0.1 until the block ends; yields the start of its databases' URLs."""
    # PostgreSQL refuses to run as root
    user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    with TemporaryDirectory(prefix="fetal-head-postgresql-") as name:
        folder, port = Path(name) / "data", free_port()
        if user:
            shutil.chown(name, "postgres", "postgres")

        def call(program: str, *arguments: object) -> None:
            command = [str(bin_folder / program), *map(str, arguments)]
            subprocess.run(command, check=True, capture_output=True, cwd=name, **user)  # type: ignore[call-overload]

        call("initdb", "-D", folder, "-U", "tests", "--auth=trust", "--no-sync", "-E", "UTF8")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        call("pg_ctl", "-D", folder, "-w", "-l", Path(name) / "log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://tests@127.0.0.1:{port}/"
        finally:
            call("pg_ctl", "-D", folder, "-m", "immediate", "stop")
