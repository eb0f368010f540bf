"""docker-compose.yml and the Dockerfile say what the project understands; no Docker is needed to see that."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath

import yaml

from fetal_head.config import load_settings
from fetal_head.pacs.study import is_pacs, pacs_url
from serving import ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_every_service_and_volume_is_one() -> None:
    assert set(COMPOSE) <= {"name", "services", "volumes"}
    named = set()
    for service in COMPOSE["services"].values():
        assert ("image" in service) != ("build" in service)
        assert re.fullmatch(r"[\w/.-]+:[\w.-]+", service.get("image", "a:b")), "a version is named"
        named |= {volume.split(":")[0] for volume in service.get("volumes", [])}
        assert set(service.get("depends_on", {})) <= set(COMPOSE["services"])
    assert named == set(COMPOSE["volumes"])


def test_the_server_understands_its_command() -> None:
    options = [option.removeprefix("--").split("=", 1) for option in COMPOSE["services"]["server"]["command"][1:]]
    settings = load_settings(dict(value.split("=", 1) for name, value in options if name == "conf"))
    assert (settings.pacs.pacs_folder, settings.login.login) == ("/studies", "users")
    (studies,) = (value for name, value in options if name == "studies")
    assert is_pacs(studies)
    assert pacs_url(studies).split("/")[2].split(":")[0] in COMPOSE["services"]
    assert settings.store.database_url.split("@")[1].split("/")[0] in COMPOSE["services"]


def test_no_password_is_in_it_and_only_dicom_is_open_to_the_network() -> None:
    for service in COMPOSE["services"].values():
        for name, value in service.get("environment", {}).items():
            assert "PASSWORD" not in name or value.startswith("${"), name
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == ["4242:4242"]
    users = COMPOSE["services"]["orthanc"]["environment"]["ORTHANC__REGISTERED_USERS"]
    assert list(json.loads(users)) == [COMPOSE["services"]["server"]["environment"]["MONAI_LABEL_DICOMWEB_USERNAME"]]


def test_the_image_is_made_of_what_is_there() -> None:
    for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
    pins = (ROOT / "constraints.txt").read_text().splitlines()
    for pin in re.findall(r"\S+==\S+", DOCKERFILE):
        assert pin in pins
    assert re.search(r"^FROM python:3\.1[012]-", DOCKERFILE, re.MULTILINE)


def test_what_is_mounted_belongs_to_the_user_of_the_image() -> None:
    as_root, as_user = DOCKERFILE.replace("\\\n", " ").split("\nUSER ")
    user = as_user.split()[0]
    made, owned = _paths(rf"mkdir -p ([^&\n]+)(?=.*chown -R {user} )", as_root), _paths(rf"chown -R {user} ([^&\n]+)", as_root)
    # Docker makes a mount point that is not there as root, and gives a new volume to whom its mount point belongs
    points = {PurePosixPath(volume.split(":")[1]) for volume in COMPOSE["services"]["server"]["volumes"]}
    assert points == set(map(PurePosixPath, json.loads(as_user.split("VOLUME ")[1].splitlines()[0])))
    assert points <= made
    for point in points:
        assert owned & {point, *point.parents}, point


def _paths(pattern: str, commands: str) -> set[PurePosixPath]:
    folder = PurePosixPath(re.findall(r"^WORKDIR (.+)$", commands, re.MULTILINE)[-1])
    return {folder / path for paths in re.findall(pattern, commands) for path in paths.split()}
