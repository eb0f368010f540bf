"""Patients told by the names of their images."""

from __future__ import annotations

from unicodedata import normalize

import pytest

from fetal_head.patients import known_patients, patient_of


@pytest.mark.parametrize(
    ("image", "patient"),
    [
        ("Patient00644_Plane3_1_of_3", "Patient00644"),
        ("PATIENT00644_plane3", "Patient00644"),
        ("Patient00644", "Patient00644"),
        ("Patient00644x", "Patient00644x"),
        ("010_HC", "HC18-010"),
        ("010_2HC", "HC18-010"),
        ("010_2hc", "HC18-010"),
        ("010_HCx", "010_HCx"),
        ("scan 7", "scan 7"),
    ],
)
def test_patient_of(image: str, patient: str) -> None:
    assert patient_of(image) == patient


def test_a_patient_is_known_by_name_or_by_that_of_an_image() -> None:
    images = [("Patient1_a", "told"), ("scan1", "told"), ("scan2", "other"), ("scan3", "third")]
    assert known_patients(images, {"Patient1", "third"}) == {"told", "third"}
    assert known_patients(images, set()) == set()


@pytest.mark.parametrize(("known", "now"), [("NFD", "NFC"), ("NFC", "NFD"), ("NFD", "NFD")])
def test_a_name_is_the_same_however_its_accents_are_written(known: str, now: str) -> None:
    told, asked = normalize(known, "Amélie"), normalize(now, "Amélie")
    assert known_patients([("scan", asked)], {told}) == {asked}
    assert known_patients([(asked, "other")], {f"{told} "}) == {"other"}
    # whose fold hangs on it
    assert patient_of(asked) == asked
