"""What is exported comes back by import."""

from __future__ import annotations

import json
import resource
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from labelled_dicoms import label, still
from numpy.testing import assert_array_equal
from pydicom.dataelem import RawDataElement

from fetal_head.datasets import import_dataset
from fetal_head.evaluation.pairs import find_pairs
from fetal_head.export.folder import Format, write_labels
from fetal_head.imaging import Mask, read_image, read_mask
from fetal_head.imaging.mask import pixels_of
from fetal_head.labels import NAMES, VALUES, in_order
from pictures import speckle, three_structures, write_picture

SHAPE = (40, 60)
KINDS: tuple[Format, ...] = ("coco", "png", "nifti")

masks = st.just(three_structures(*SHAPE)) | arrays(np.uint8, SHAPE, elements=st.integers(0, 3))
spoken_of = st.sets(st.sampled_from(NAMES), min_size=1).map(in_order)
lengths = st.floats(0.01, 2, allow_subnormal=False)


def part(mask: Mask, annotated: tuple[str, ...]) -> Mask:
    """What a label says by its mask: what is in the head is head, where nothing else is known of it."""
    said = np.zeros_like(mask)
    for name in annotated:
        said[pixels_of(mask, name)] = VALUES[name]
    return said


def there_and_back(folder: Path, kind: Format, mask: Mask, annotated: tuple[str, ...], spacing: Any) -> dict[str, Any]:
    """What the index of a study says of an image that was exported and imported again."""
    file = write_picture(folder / "a.png", speckle(*SHAPE))
    exported = label(mask, file=file, annotated=annotated, spacing=spacing)
    write_labels(["a"], lambda image: exported, kind, folder / "out", lambda label: pytest.fail("no DICOM is asked for"))
    report = import_dataset(folder / "out", folder / "back")
    assert (report.images, report.skipped) == (1, ())
    entry: dict[str, Any] = json.loads((folder / "back/datastore_v2.json").read_text())["objects"]["a"]
    return entry


@pytest.mark.parametrize("kind", KINDS)
@given(masks, spoken_of, st.none() | st.tuples(lengths, lengths))
@example(three_structures(*SHAPE), ("BRAIN",), (1.0, 0.01))
@settings(max_examples=15)
def test_a_label_comes_back(
    tmp_path_factory: pytest.TempPathFactory, kind: Format, mask: Mask, annotated: tuple[str, ...], spacing: Any
) -> None:
    folder = tmp_path_factory.mktemp("there")
    entry = there_and_back(folder, kind, mask, annotated, spacing)
    assert entry["labels"]["final"]["info"]["annotated"] == list(annotated)
    assert entry["image"]["info"].get("spacing") == (list(spacing) if spacing else None)
    assert_array_equal(read_mask(folder / "back/labels/final/a.nrrd"), part(mask, annotated))
    assert_array_equal(read_image(folder / "back/a.png")[0], speckle(*SHAPE))


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_looked_for_and_is_not_there_stays_so(tmp_path: Path, kind: Format) -> None:
    entry = there_and_back(tmp_path, kind, np.zeros(SHAPE, dtype=np.uint8), NAMES, None)
    assert entry["labels"]["final"]["info"]["annotated"] == list(NAMES)
    assert not read_mask(tmp_path / "back/labels/final/a.nrrd").any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("image", [" a", "a ", "a.png", "a, b", 'a "b"'])
def test_any_name_comes_back_with_what_its_label_speaks_of(tmp_path: Path, kind: Format, image: str) -> None:
    exported = label(
        three_structures(*SHAPE),
        image=image,
        file=write_picture(tmp_path / "a.png", speckle(*SHAPE)),
        annotated=("BRAIN", "LV"),
        spacing=(0.2, 0.3),
    )
    write_labels([image], lambda image: exported, kind, tmp_path / "out", lambda label: pytest.fail("no DICOM is asked for"))
    import_dataset(tmp_path / "out", tmp_path / "back")
    (entry,) = json.loads((tmp_path / "back/datastore_v2.json").read_text())["objects"].values()
    assert entry["labels"]["final"]["info"]["annotated"] == ["BRAIN", "LV"]
    assert entry["image"]["info"]["spacing"] == [0.2, 0.3]


def test_what_is_left_of_an_export_that_was_broken_off_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    exported = label(three_structures(*SHAPE), file=write_picture(tmp_path / "a.png", speckle(*SHAPE)), annotated=("BRAIN",))

    def broken_off(image: str) -> Any:
        if image == "b":
            raise KeyboardInterrupt
        return exported

    with pytest.raises(KeyboardInterrupt):
        write_labels(["a", "b"], broken_off, "png", tmp_path / "out", lambda label: pytest.fail("no DICOM is asked for"))
    with pytest.raises(ValueError, match=r"index\.csv: the export was broken off"):
        import_dataset(tmp_path / "out", tmp_path / "back")
    with pytest.raises(ValueError, match=r"index\.csv: the export was broken off"):
        find_pairs(tmp_path / "out/images", tmp_path / "out/masks")


def test_a_disk_that_takes_a_part_of_an_image_gets_none(tmp_path: Path) -> None:
    """Its mask is smaller, and would have been written."""
    shape = (400, 500)
    exported = label(np.zeros(shape, np.uint8), file=write_picture(tmp_path / "a.png", speckle(*shape)))
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400 * 500 + 5000, usual[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            write_labels(["a"], lambda image: exported, "nifti", tmp_path / "out", lambda label: pytest.fail("no DICOM"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert list((tmp_path / "out").rglob("*.nii.gz")) == []


@pytest.mark.parametrize(
    ("keyword", "value"),
    # the ultrasound of before 1997; a name too many; what is no sequence
    [("SOPClassUID", "1.2.840.10008.5.1.4.1.1.6"), ("PatientName", ["Doe^Jane", "Roe^Jane"]), ("SourceImageSequence", "1.2.4")],
)
def test_a_dicom_image_of_which_no_object_can_be_made_keeps_no_other_from_being_exported(
    tmp_path: Path, keyword: str, value: object
) -> None:
    images = {"good": still(tmp_path), "odd": still(tmp_path)}
    images["odd"].add_new(keyword, "UI" if "UID" in keyword or keyword.endswith("Sequence") else "PN", value)
    written, failed = write_labels(
        ["odd", "good"], lambda image: label(image=image), "dicom-seg", tmp_path / "out", lambda label: images[label.image]
    )
    assert written == 1
    assert len(failed) == 1
    assert failed[0].startswith("odd: ")
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["good.seg.dcm", "index.csv"]


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        # of no such kind; a number of other bytes than its kind has; an endless one
        ("ZZ", b"abcd", "Unknown Value Representation 'ZZ' in tag (0010, 21c0)"),
        ("UL", b"\1\0", "Expected total bytes to be an even multiple"),
        ("IS", b"inf ", "cannot convert float infinity"),
    ],
)
def test_a_dicom_image_with_a_value_that_cannot_be_read_keeps_no_other_from_being_exported(
    tmp_path: Path, kind: str, value: bytes, told: str
) -> None:
    images = {"good": still(tmp_path), "odd": still(tmp_path)}
    tag = pydicom.tag.Tag("PregnancyStatus")
    images["odd"][tag] = RawDataElement(tag, kind, len(value), value, 0, False, True)
    written, failed = write_labels(
        ["odd", "good"], lambda image: label(image=image), "dicom-seg", tmp_path / "out", lambda label: images[label.image]
    )
    assert written == 1
    assert len(failed) == 1
    assert told in failed[0]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["good.seg.dcm", "index.csv"]
