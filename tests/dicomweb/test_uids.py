"""Identifiers are always the same, and nobody else's."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import UID

from fetal_head.dicomweb.uids import frame_of_reference, picture_in, place_of, uids_of

FOLDER = UUID("6f1c0a00-0000-4000-8000-000000000001")
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80)
NUMBERS = st.integers(0, 2**63 - 1)
IMAGES = st.tuples(st.uuids(version=4), NAMES, NAMES, NUMBERS, NUMBERS)


@given(IMAGES)
def test_they_are_stable_and_valid(image: tuple[UUID, str, str, int, int]) -> None:
    uids = uids_of(*image)
    assert uids == uids_of(*image)
    assert all(UID(uid).is_valid for uid in (*uids, frame_of_reference(uids.series)))


@given(IMAGES, IMAGES)
def test_two_share_what_they_are_alike_in_and_nothing_else(
    one: tuple[UUID, str, str, int, int], other: tuple[UUID, str, str, int, int]
) -> None:
    first, second = uids_of(*one), uids_of(*other)
    assert (first.study == second.study) == (one[:2] == other[:2])
    assert (first.series == second.series) == (one[:3] == other[:3])
    assert (first.instance == second.instance) == (one == other)
    assert len({*first, frame_of_reference(first.series)}) == 4


@given(NAMES, NAMES, st.lists(NUMBERS, min_size=2, max_size=2, unique=True))
def test_a_replaced_file_is_another_instance_of_the_same_series(patient: str, image: str, times: list[int]) -> None:
    old, new = (uids_of(FOLDER, patient, image, 1, time) for time in times)
    assert (old.study, old.series) == (new.study, new.series)
    assert old.instance != new.instance


def test_where_a_name_ends_counts() -> None:
    assert uids_of(FOLDER, "ab", "c", 1, 23).series != uids_of(FOLDER, "a", "bc", 1, 23).series
    assert uids_of(FOLDER, "ab", "c", 1, 23).instance != uids_of(FOLDER, "ab", "c", 12, 3).instance


@given(IMAGES, st.lists(NAMES, min_size=2, max_size=2, unique=True))
def test_a_picture_is_that_of_one_image(image: tuple[UUID, str, str, int, int], digests: list[str]) -> None:
    folder, _, name, *_ = image
    place, elsewhere = place_of(folder, name), place_of(folder, f"{name}2")
    pictures = {picture_in(where, digest) for where in (place, elsewhere) for digest in digests}
    assert len({*uids_of(*image), place, elsewhere, *pictures}) == 9


def test_they_never_change() -> None:
    # what archives and saved segmentations refer to
    assert uids_of(FOLDER, "Patient00001", "Patient00001_Plane1", 1000, 2000) == (
        "2.25.292969846240443459147376190325483343591",
        "2.25.309860857836914250720970290080450998542",
        "2.25.148160571301209870147182489307839439938",
    )
