"""3D Slicer against a running server: the plugin that annotators use, on Slicer's real core, in its own environment.

What the server predicts must be what the viewer shows, and what the viewer holds at submission what the server stores,
voxel for voxel and structure for structure.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
import SimpleITK
from numpy.typing import NDArray

from fetal_head.labels import STRUCTURES, VALUES
from fetal_head.phantom import Phantom, phantom
from pictures import write_dicom, write_itk
from serving import PLUGIN, ROOT, Server, serving

pytestmark = pytest.mark.slow

NEXT = {"do": "next", "strategy": "first"}
PREDICT = {"do": "predict"}
SUBMIT = {"do": "submit"}
# no two of these blocks are alike, and CSP and LV lie in BRAIN: a flip, a shift or a swap of structures cannot pass
PAINT = [
    {"do": "paint", "segment": "BRAIN", "block": [40, 60, 260, 200]},
    {"do": "paint", "segment": "CSP", "block": [70, 80, 95, 93]},
    {"do": "paint", "segment": "LV", "block": [150, 120, 211, 140]},
    {"do": "erase", "segment": "BRAIN", "block": [240, 180, 255, 190]},
]
EMPTY = [{"do": "erase", "segment": name, "block": [0, 0, 10_000, 10_000]} for name in VALUES]
CHANGES: dict[str, list[dict[str, Any]]] = {
    "as predicted": [],
    "painted and erased": PAINT,
    "reordered": [*PAINT, {"do": "move", "segment": "LV", "to": 0}],
    "CSP deleted": [*PAINT, {"do": "delete", "segment": "CSP"}],
    "CSP deleted, then predicted again": [{"do": "delete", "segment": "CSP"}, PREDICT, *PAINT],
    "BRAIN and LV deleted": [*PAINT, {"do": "delete", "segment": "BRAIN"}, {"do": "delete", "segment": "LV"}],
    "an empty segment more": [*PAINT, {"do": "add", "segment": "Segment_1"}, {"do": "move", "segment": "Segment_1", "to": 0}],
    "drawn anew": [*EMPTY, *PAINT],
    "emptied": EMPTY,
}
# the file that the plugin sends, by the annotator's settings, and what to try with it
FORMATS: dict[str, tuple[dict[str, Any], list[str]]] = {
    ".nii.gz": ({"fileExtension": ".nii.gz"}, list(CHANGES)),
    ".nrrd": ({"fileExtension": ".nrrd"}, ["reordered"]),
    ".seg.nrrd": ({"fileExtension": ".seg.nrrd"}, ["reordered", "CSP deleted", "emptied"]),
    ".seg.nrrd without overlap": ({"fileExtension": ".seg.nrrd", "allowOverlappingSegments": False}, ["reordered"]),
    ".seg.nrrd with overlap": ({"fileExtension": ".seg.nrrd", "allowOverlappingSegments": True}, ["drawn anew"]),
}


@pytest.fixture(scope="session")
def slicer() -> Path:
    """The python of the environment with Slicer's core."""
    python = Path(os.environ.get("FETAL_HEAD_SLICER", ROOT / ".venv-slicer" / "bin" / "python"))
    if not python.exists():
        pytest.skip(f"no Slicer core at {python}: scripts/test makes it; FETAL_HEAD_SLICER may name another python that has it")
    return python


@pytest.fixture(scope="module")
def picture() -> Phantom:
    """A head on 800 x 540 pixels of 0.215 mm."""
    return phantom(0)


@pytest.fixture(scope="module")
def server(slicer: Path, picture: Phantom, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with enough images: each submission takes one."""
    studies = tmp_path_factory.mktemp("studies")
    for a, b in itertools.product("abcd", repeat=2):
        write_itk(studies / f"head-{a}{b}.nrrd", picture.image, picture.spacing)
    with serving(studies, tmp_path_factory.mktemp("server")) as running:
        yield running


def play(python: Path, server: Server, folder: Path, steps: list[dict[str, Any]], **settings: Any) -> list[dict[str, Any]]:
    """What came of each step of an annotator's sitting. Fails if Slicer, the plugin or the server complained of anything."""
    settings = {"serverUrl": server.url, "autoRunSegmentationOnNextSample": False, **settings}
    sitting = {
        "plugin": str(PLUGIN),
        "settings": {f"MONAILabel/{key}": value for key, value in settings.items()},
        "out": str(folder),
        "steps": steps,
    }
    script = Path(__file__).with_name("plugin.py")
    done = subprocess.run(
        [str(python), str(script)], input=json.dumps(sitting), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-6000:]
    told = json.loads(done.stdout)
    assert told["errors"] == []
    return list(told["results"])


def in_viewer(state: dict[str, Any]) -> NDArray[np.uint8]:
    """The viewer's segments as one mask, (rows, columns), in our values; CSP and LV lie over BRAIN."""
    columns, rows, slices = state["image"]["size"]
    assert slices == 1
    mask = np.zeros((rows, columns), np.uint8)
    with np.load(state["voxels"]) as voxels:
        assert sorted(voxels) == sorted(state["segments"])
        for structure in STRUCTURES:
            if structure.name in voxels:
                at = voxels[structure.name]
                mask[at[:, 1], at[:, 0]] = structure.value
        strangers = [name for name in voxels if name not in VALUES and len(voxels[name])]
    assert strangers == []
    return mask


def plane(image: SimpleITK.Image) -> NDArray[np.uint8]:
    """An ITK mask of one slice, (rows, columns)."""
    array = SimpleITK.GetArrayFromImage(image)
    assert array.shape[0] == 1
    return array[0]


def stored(server: Server, image: str, folder: Path) -> SimpleITK.Image:
    """The label that the server keeps."""
    answer = requests.get(f"{server.url}/datastore/label", params={"label": image, "tag": "final"}, timeout=60)
    answer.raise_for_status()
    name = answer.headers["content-disposition"].split('filename="')[1].split('"')[0]
    file = folder / f"stored-{name}"
    file.write_bytes(answer.content)
    return SimpleITK.ReadImage(str(file))


def assert_same(mask: NDArray[np.uint8], expected: NDArray[np.uint8], what: str) -> None:
    """Every pixel, and how far off each structure is when one differs."""
    assert mask.shape == expected.shape, what
    off = {s.name: int(((mask == s.value) != (expected == s.value)).sum()) for s in STRUCTURES}
    same = np.array_equal(mask, expected)
    assert same, f"{what}: pixels that differ: {off}"


def assert_lies_on_the_image(mask: SimpleITK.Image, state: dict[str, Any]) -> None:
    """Each corner of an ITK mask (LPS) is where the viewer has that corner of the image (RAS), to a thousandth of a pixel."""
    columns, rows, _ = state["image"]["size"]
    frame = np.array(state["image"]["frame"])
    tolerance = 1e-3 * np.linalg.norm(frame[:3, :2], axis=0).min()
    for corner in itertools.product((0, columns - 1), (0, rows - 1), (0,)):
        ras = (frame @ [*corner, 1])[:3]
        lps = np.array(mask.TransformIndexToPhysicalPoint(corner))
        np.testing.assert_allclose(lps * [-1, -1, 1], ras, atol=tolerance)


def assert_segments_lie_on_the_image(state: dict[str, Any]) -> None:
    """The labelmap of every segment that holds a voxel has the image's own matrix."""
    assert state["frames"]
    for frame in state["frames"].values():
        np.testing.assert_allclose(frame, state["image"]["frame"], rtol=0, atol=1e-4)


def test_next_sample_shows_the_prediction_at_once(slicer: Path, server: Server, tmp_path: Path) -> None:
    """The plugin runs the model by itself on a new sample unless its setting says no; its answer is the same."""
    sample, predicted = play(slicer, server, tmp_path, [NEXT, PREDICT], autoRunSegmentationOnNextSample=True)
    assert sample["segments"] == [s.name for s in STRUCTURES]
    answer = SimpleITK.ReadImage(predicted["mask"])
    assert plane(answer).any()
    assert_lies_on_the_image(answer, predicted)
    assert_segments_lie_on_the_image(predicted)
    assert_same(in_viewer(sample), plane(answer), "after Next Sample")
    assert_same(in_viewer(predicted), plane(answer), "after Run")


def test_every_set_of_structures_lands_in_its_segments(slicer: Path, server: Server, picture: Phantom, tmp_path: Path) -> None:
    """Whatever is absent from a mask, what is there stands under its own name, and what was there before is gone."""
    masks = []
    for present in itertools.product((False, True), repeat=len(STRUCTURES)):
        mask = np.zeros(picture.image.shape, np.uint8)
        for structure, there in zip(STRUCTURES, present, strict=True):
            v = structure.value
            mask[50 * v : 50 * v + 20 + v, 100 * v : 100 * v + 40 - 3 * v] = v * there
        masks.append(mask)
    masks = [masks[-1], *masks]  # the empty one comes after a full one
    files = [write_itk(tmp_path / f"mask-{'abcdefghi'[i]}.nrrd", mask, picture.spacing) for i, mask in enumerate(masks)]
    states = play(slicer, server, tmp_path, [NEXT, *({"do": "load", "mask": str(file)} for file in files)])[1:]
    for mask, state in zip(masks, states, strict=True):
        assert_same(in_viewer(state), mask, f"values {np.unique(mask)}")


@pytest.mark.parametrize("form", FORMATS)
def test_what_was_in_the_viewer_is_stored(slicer: Path, server: Server, tmp_path: Path, form: str) -> None:
    """One annotator, one image after the other, each changed in another way and submitted."""
    settings, changes = FORMATS[form]
    steps = [step for change in changes for step in (NEXT, PREDICT, *CHANGES[change], SUBMIT)]
    results = play(slicer, server, tmp_path, steps, **settings)
    done = list(zip(steps, results, strict=True))
    samples = [result["id"] for step, result in done if step is NEXT]
    submitted = [result for step, result in done if step is SUBMIT]
    for step, result in done:
        if step is PREDICT:
            assert_same(in_viewer(result), plane(SimpleITK.ReadImage(result["mask"])), "after Run")
    assert len(set(samples)) == len(changes)
    for name, image, state in zip(changes, samples, submitted, strict=True):
        label = stored(server, image, tmp_path)
        assert_lies_on_the_image(label, state)
        assert_same(plane(label), in_viewer(state), name)
        assert (name == "emptied") != bool(in_viewer(state).any())


def test_every_kind_of_image(slicer: Path, picture: Phantom, tmp_path: Path) -> None:
    """Plain and turned frames, NRRD, NIfTI and DICOM, grey and colour: masks lie on their images there and back."""
    studies, out = tmp_path / "studies", tmp_path / "out"
    studies.mkdir()
    out.mkdir()
    grey, colour = picture.image, np.repeat(picture.image[..., np.newaxis], 3, axis=-1)
    for user in ("local", "remote"):
        write_itk(studies / f"{user}-flat.nrrd", grey, flat=True)  # as a PNG comes: slicer-core has no reader for that
        write_itk(studies / f"{user}-nifti.nii.gz", grey, (0.1, 0.3))
        write_dicom(studies / f"{user}-grey.dcm", grey, spacing=(0.1, 0.3))
        write_dicom(studies / f"{user}-colour.dcm", colour, photometric="RGB")
        turned = SimpleITK.ReadImage(str(write_itk(studies / f"{user}-turned.nrrd", grey, (0.1, 0.3))))
        turned.SetOrigin((12.5, -7.25, 3.0))
        turned.SetDirection((0.0, 0.0, -1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0))
        SimpleITK.WriteImage(turned, str(studies / f"{user}-turned.nrrd"))
    images = sorted(path.name.split(".")[0] for path in studies.iterdir())

    with serving(studies, tmp_path / "server") as server:
        one = [PREDICT, *PAINT, SUBMIT]
        results = play(slicer, server, out, [NEXT, *one] * 5 + [{**NEXT, "remote": True}, *one] * 5)
        rounds = [results[i : i + 7] for i in range(0, len(results), 7)]
        assert [sample["id"] for sample, *_ in rounds] == images
        for sample, predicted, *_, state in rounds:
            answer, label = SimpleITK.ReadImage(predicted["mask"]), stored(server, sample["id"], out)
            assert_lies_on_the_image(answer, predicted)
            assert_segments_lie_on_the_image(predicted)
            assert_same(in_viewer(predicted), plane(answer), f"{sample['id']} predicted")
            assert_lies_on_the_image(label, state)
            assert_same(plane(label), in_viewer(state), f"{sample['id']} submitted")
            shown = np.load(sample["picture"])
            assert np.array_equal(shown if shown.ndim == 2 else shown[..., 0], grey)


def test_images_with_numbered_names_stay_single(slicer: Path, picture: Phantom, tmp_path: Path) -> None:
    """Slicer takes files in one folder whose names differ in a number for the slices of one volume: not these.

    It looks into the study folder, or, on another machine, into its own folder of downloads. There it takes an old file
    of that name for the image, unless the server tells a checksum.
    """
    studies = tmp_path / "studies"
    studies.mkdir()
    pictures = {f"{number:03}_HC": np.roll(picture.image, 40 * number, axis=1) for number in range(4)}
    files = {name: write_itk(studies / f"{name}.nrrd", pixels, picture.spacing) for name, pixels in pictures.items()}
    with serving(studies, tmp_path / "server") as server:
        for user in ({"remote": False}, {"remote": True}):
            out = tmp_path / f"out-{user['remote']}"
            out.mkdir()
            results = play(slicer, server, out, [{**NEXT, **user}, *PAINT, SUBMIT] * 2)
            for sample, state in zip(results[::6], results[5::6], strict=True):
                name = sample["id"]
                assert np.array_equal(np.load(sample["picture"]), pictures[name])
                assert sample["checksum"] == f"SHA256:{hashlib.sha256(files[name].read_bytes()).hexdigest()}"
                assert_same(plane(stored(server, name, out)), in_viewer(state), name)
