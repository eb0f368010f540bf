"""Images of every kind of file, through a real server and the client of the Slicer plugin: asked for, fetched, predicted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import requests
import SimpleITK as sitk
from numpy.testing import assert_array_equal

from fetal_head.imaging import read_image, read_mask
from fetal_head.phantom import phantom
from pictures import every_kind, write_picture
from serving import Server, serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    studies = tmp_path_factory.mktemp("studies")
    every_kind(studies, phantom(3).image)
    with serving(studies, tmp_path_factory.mktemp("server")) as running:
        yield running


def test_info_tells_slicer_what_it_needs(server: Server) -> None:
    info = server.client().info()
    assert info["labels"] == ["BRAIN", "CSP", "LV"]
    assert info["models"]["fetal_head"]["labels"] == {"BRAIN": 1, "CSP": 2, "LV": 3}
    assert info["models"]["fetal_head"]["type"] == "segmentation"
    assert list(info["trainers"]) == ["fetal_head"]
    strategies = ["hybrid", "entropy", "bald", "coreset", "typiclust", "foreground_random", "random", "first"]
    assert list(info["strategies"]) == strategies, "viewers offer the first one first"
    assert info["datastore"]["total"] == 10


@pytest.mark.parametrize("strategy", ["first", "random", "hybrid"])
def test_next_sample_is_an_unlabelled_image_that_can_be_fetched(server: Server, strategy: str) -> None:
    sample = server.client().next_sample(strategy, {})
    image = requests.get(f"{server.url}/datastore/image?image={sample['id']}", timeout=60)
    on_disk = next(server.studies.glob(f"{sample['id']}.*"))
    assert image.content == on_disk.read_bytes()
    assert sample["checksum"] == f"SHA256:{hashlib.sha256(image.content).hexdigest()}"
    alone = Path(sample["path"])
    assert alone.resolve() == on_disk.resolve()
    assert list(alone.parent.iterdir()) == [alone]


def _volume(path: Path) -> sitk.Image:
    image = sitk.ReadImage(str(path))
    image = sitk.JoinSeries(image) if image.GetDimension() == 2 else image
    return sitk.VectorIndexSelectionCast(image, 0) if image.GetNumberOfComponentsPerPixel() > 1 else image


@pytest.mark.parametrize("image", ["png", "rgb", "jpeg", "tiff", "bmp", "nifti", "flat", "nrrd", "dicom", "unsized"])
def test_prediction_lies_on_the_image_whatever_its_file(server: Server, image: str) -> None:
    path, params = server.predict(image)
    mask = sitk.ReadImage(str(path))
    on_disk = next(server.studies.glob(f"{image}.*"))
    pixels, geometry = read_image(on_disk)
    assert mask.GetSize() == (geometry.shape[1], geometry.shape[0], 1)
    assert mask.GetPixelID() == sitk.sitkUInt8
    values = sitk.GetArrayFromImage(mask)[0]
    on_image = sitk.Resample(mask, _volume(on_disk), sitk.Transform(), sitk.sitkNearestNeighbor, 0, sitk.sitkUInt8)
    assert_array_equal(sitk.GetArrayFromImage(on_image)[0], values)
    assert params["label_names"] == {"BRAIN": 1, "CSP": 2, "LV": 3}

    head = params["structures"]["BRAIN"]
    assert head["area_px"] == np.count_nonzero(values) > 0.05 * values.size
    rows, columns = np.nonzero(values)
    assert (head["centroid"]["x"], head["centroid"]["y"]) == pytest.approx((columns.mean(), rows.mean()))
    assert 0.5 < head["confidence"] <= 1
    # the head of this phantom is where its true mask has it
    truth = phantom(3).mask > 0
    assert 2 * (truth & (values > 0)).sum() / (truth.sum() + (values > 0).sum()) > 0.9
    known = image in ("nifti", "nrrd", "dicom")
    assert params["biometry"]["unit"] == ("mm" if known else "px")
    assert (params["pixel_size_mm"] is not None) == known
    if image not in ("jpeg",):
        assert_array_equal(pixels, phantom(3).image)


@pytest.mark.parametrize("extension", [".nii.gz", ".png"])
def test_other_files_on_request(server: Server, extension: str) -> None:
    path, _ = server.predict("png", extension)
    reference, _ = server.predict("png")
    assert path.name.endswith(extension)
    assert_array_equal(read_mask(path), read_mask(reference))


def test_what_cannot_be_answered_is_refused_with_a_sentence(server: Server) -> None:
    for url, sentence in (
        (f"{server.url}/infer/fetal_head?image=nobody", "no such image"),
        (f"{server.url}/infer/fetal_head?image=png", "can be written as"),
    ):
        answer = requests.post(url, data={"params": json.dumps({"result_extension": ".docx"})}, timeout=60)
        assert 400 <= answer.status_code < 500
        assert sentence in answer.json()["detail"]
    for params in ("{", "[]"):
        answer = requests.post(f"{server.url}/infer/fetal_head?image=png", data={"params": params}, timeout=60)
        assert answer.status_code == 422
        assert "params is no JSON" in answer.json()["detail"]


def test_an_uploaded_image_is_answered_too(server: Server, tmp_path: Path) -> None:
    picture = write_picture(tmp_path / "other.png", phantom(4).image)
    with picture.open("rb") as file:
        answer = requests.post(f"{server.url}/infer/fetal_head?output=json", files={"file": ("other.png", file)}, timeout=60)
    assert answer.ok, answer.text
    assert answer.json()["structures"]["BRAIN"]["area_px"] > 0


def test_predictions_at_once_are_those_one_after_the_other(server: Server, tmp_path: Path) -> None:
    alone, _ = server.predict("png")

    def ask(_: int) -> bytes:
        url, params = f"{server.url}/infer/fetal_head?image=png&output=image", {"params": '{"result_extension": ".nrrd"}'}
        return requests.post(url, data=params, timeout=120).content

    with ThreadPoolExecutor(4) as pool:
        for number, content in enumerate(pool.map(ask, range(12))):
            (tmp_path / f"{number}.nrrd").write_bytes(content)
            assert_array_equal(read_mask(tmp_path / f"{number}.nrrd"), read_mask(alone))


def test_batch_prediction_works_without_a_gpu(server: Server) -> None:
    answer = requests.post(f"{server.url}/batch/infer/fetal_head?images=all&run_sync=true", json={}, timeout=300)
    assert answer.ok, answer.text
    assert server.client().info()["datastore"]["label_tags"]["original"] == 10
