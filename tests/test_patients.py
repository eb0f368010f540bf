"""Patients told by the names of their images."""

from __future__ import annotations

import pytest

from fetal_head.patients import patient_of


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
