"""An Orthanc of the tests' own, from Debian's packages, with its DICOMweb plugin and a password."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from requests.auth import HTTPBasicAuth

from serving import free_port

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
USER, PASSWORD = "alice", "swordfish"


def program() -> str | None:
    """Orthanc, where it is installed with its plugin."""
    return (shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin")) if PLUGIN.is_file() else None


@dataclass
class Orthanc:
    """A PACS that can be stopped and started again with all that it holds."""

    folder: Path
    port: int
    dicom_port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def base(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def url(self) -> str:
        """Of its DICOMweb."""
        return f"{self.base}/dicom-web"

    def start(self) -> None:
        """Returns once it answers."""
        configuration = {
            "StorageDirectory": str(self.folder / "storage"),
            "IndexDirectory": str(self.folder / "storage"),
            "HttpPort": self.port,
            "DicomPort": self.dicom_port,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": True,
            "RegisteredUsers": {USER: PASSWORD},
            "Plugins": [str(PLUGIN)],
            "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "EnableWado": False},
        }
        settings = self.folder / "orthanc.json"
        settings.write_text(json.dumps(configuration))
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([str(program()), str(settings)], stdout=log, stderr=log, cwd=self.folder)
        for _ in range(200):
            try:
                if self.ask("/system").ok:
                    return
            except requests.ConnectionError:
                time.sleep(0.05)
        raise AssertionError(f"Orthanc does not answer:\n{(self.folder / 'log').read_text()[-2000:]}")

    def stop(self) -> None:
        """Returns once it is gone."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
            self.process = None

    def ask(self, path: str, method: str = "GET", **options: Any) -> requests.Response:
        """Asks its own interface."""
        return requests.request(method, self.base + path, auth=HTTPBasicAuth(USER, PASSWORD), timeout=60, **options)

    def put(self, *files: Path) -> None:
        """Stores DICOM files."""
        for file in files:
            answer = self.ask("/instances", "POST", data=file.read_bytes())
            assert answer.ok, answer.text

    def instances(self, modality: str) -> list[bytes]:
        """The files of all instances of a modality, the first stored first."""
        query = {"Level": "Instance", "Query": {"Modality": modality}}
        found = self.ask("/tools/find", "POST", json=query).json()
        return [self.ask(f"/instances/{i}/file").content for i in found]


@contextmanager
def running(folder: Path) -> Iterator[Orthanc]:
    """An Orthanc until the block ends."""
    orthanc = Orthanc(folder, free_port(), free_port())
    orthanc.start()
    try:
        yield orthanc
    finally:
        orthanc.stop()
