"""The main job, through a real server and the client of the Slicer plugin: predict, correct, submit, retrain, next."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
import SimpleITK as sitk
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from fetal_head.imaging import read_mask
from fetal_head.phantom import phantom
from pictures import every_kind, three_structures, write_itk, write_picture
from serving import Server, serving

pytestmark = pytest.mark.slow

# small trainings, but through the whole way; what is asked for is what the viewer's form says by itself
QUICK = {"max_epochs": "2", "batches_per_epoch": "2", "batch_size": "2"}
SEGMENTS = {"label_info": [{"name": name, "idx": i} for i, name in enumerate(("BRAIN", "CSP", "LV"), start=1)]}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    studies = tmp_path_factory.mktemp("studies")
    every_kind(studies, phantom(3).image)
    with serving(studies, tmp_path_factory.mktemp("server"), conf=QUICK) as running:
        yield running


def test_training_without_a_label_is_answered_with_a_sentence(server: Server) -> None:
    answer = requests.post(f"{server.url}/train/fetal_head", json={}, timeout=60)
    assert answer.status_code == 422
    assert "submit at least one image" in answer.json()["detail"]


def _slicer_file(path: Path, mask: NDArray[np.uint8]) -> Path:
    image = sitk.GetImageFromArray(mask[np.newaxis])
    for number, (name, value) in enumerate((("LV", 3), ("BRAIN", 1), ("CSP", 2))):
        image.SetMetaData(f"Segment{number}_Name", name)
        image.SetMetaData(f"Segment{number}_LabelValue", str(value))
        image.SetMetaData(f"Segment{number}_Layer", "0")
    sitk.WriteImage(image, str(path))
    return path


def test_labels_of_every_kind_are_kept_and_train_and_the_new_model_serves(server: Server, tmp_path: Path) -> None:
    client = server.client()
    mask = three_structures(*phantom(3).mask.shape)
    files = {
        "png": write_picture(tmp_path / "l.png", mask),
        "rgb": write_itk(tmp_path / "l.nii.gz", mask),
        "jpeg": write_itk(tmp_path / "flat.nii.gz", mask, flat=True),
        "tiff": write_itk(tmp_path / "l.nrrd", mask),
        "bmp": _slicer_file(tmp_path / "l.seg.nrrd", mask),
        "nifti": write_itk(tmp_path / "wide.nii.gz", mask.astype(np.int16)),
    }
    for image, file in files.items():
        client.save_label(image, str(file), params=SEGMENTS)
        stored = requests.get(f"{server.url}/datastore/label?label={image}&tag=final", timeout=60)
        (tmp_path / "stored.nrrd").write_bytes(stored.content)
        assert_array_equal(read_mask(tmp_path / "stored.nrrd"), mask, err_msg=image)
    assert client.info()["datastore"]["completed"] == len(files)

    # copied in by hand, as any tool can: damaged, and of another size
    (server.studies / "labels" / "final" / "flat.nrrd").write_bytes(b"torn")
    write_picture(server.studies / "labels" / "final" / "dicom.png", mask[:-5])
    index = _reloaded(server, len(files) + 2)
    assert "flat" in index["objects"]

    before = server.predict("unsized")[1]["model_version"]
    form = client.info()["trainers"]["fetal_head"]["config"]
    assert form["max_epochs"] == 2
    client.train_start("fetal_head", form)
    status = server.wait_for_training()
    assert status["status"] == "DONE", "\n".join(status["details"])
    stats = status["progress"]["fetal_head"]
    assert stats == client.info()["train_stats"]["fetal_head"]
    assert (stats["epoch"], stats["total_epochs"], stats["seconds_left"]) == (2, 2, 0)
    assert set(stats["train"]) == {"locator", "segmenter"}
    assert set(stats["left_out"]) == {"flat", "dicom"}
    # the first submission of it, as the history calls its file
    assert stats["left_out"]["flat"].startswith("0001.nrrd: cannot be read")
    after = server.predict("unsized")[1]["model_version"]
    assert (before, stats["model_version"]) == ("shipped", "v0001")
    assert stats["verdict"]["against"] == "shipped"
    assert after == ("v0001" if stats["published"] else "shipped")


def _reloaded(server: Server, labelled: int) -> dict[str, Any]:
    """The server's index once it has noticed what was copied into the folder."""
    for _ in range(100):
        if server.client().info()["datastore"]["completed"] == labelled:
            break
        time.sleep(0.1)
    else:
        raise AssertionError("labels copied into the folder were not noticed")
    return dict(server.client().datastore())


@pytest.mark.parametrize("spoil", ["transposed", "rgb", "value", "text"])
def test_odd_labels_are_refused_with_a_sentence(server: Server, tmp_path: Path, spoil: str) -> None:
    mask = three_structures(*phantom(3).mask.shape)
    file, sentence = {
        "transposed": (write_itk(tmp_path / "t.nrrd", mask.T.copy()), "transposed"),
        "rgb": (write_picture(tmp_path / "c.png", np.stack([mask] * 3, axis=-1)), "colour picture"),
        "value": (write_picture(tmp_path / "v.png", np.where(mask == 3, 77, mask).astype(np.uint8)), "77"),
        "text": (write_picture(tmp_path / "x.png", mask), "cannot be read"),
    }[spoil]
    if spoil == "text":
        file = file.rename(tmp_path / "x.nrrd")
    with file.open("rb") as content:
        answer = requests.put(f"{server.url}/datastore/label?image=unsized", files={"label": content}, timeout=60)
    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]
    assert server.client().info()["datastore"]["label_tags"].get("final", 0) >= 0
    assert not list((server.studies / "labels" / "final").glob("unsized*"))


def test_viewer_order_is_remapped_by_name(server: Server, tmp_path: Path) -> None:
    mask = three_structures(*phantom(3).mask.shape)
    theirs = np.select([mask == 3, mask == 1], [1, 2]).astype(np.uint8)
    file = write_itk(tmp_path / "order.nrrd", theirs)
    server.client().save_label("nrrd", str(file), params={"label_info": [{"name": "LV", "idx": 1}, {"name": "BRAIN", "idx": 3}]})
    stored = read_mask(server.studies / "labels" / "final" / "nrrd.nrrd")
    assert_array_equal(stored, np.where(mask == 2, 0, mask))
    info = requests.get(f"{server.url}/datastore/label/info?label=nrrd&tag=final", timeout=60).json()
    assert info["annotated"] == ["BRAIN", "CSP", "LV"], "a deleted CSP was looked for and is not there"


def test_our_own_command_serves_the_same(server: Server, tmp_path: Path) -> None:
    with serving(server.studies, tmp_path, by="fetal-head serve", conf={"max_epochs": "7"}) as other:
        info = other.client().info()
        assert info["name"] == server.client().info()["name"]
        assert info["trainers"]["fetal_head"]["config"]["max_epochs"] == 7
        assert other.predict("png")[1]["structures"]["BRAIN"]["area_px"] > 0


def test_the_loop_on_real_images(real_data: Path, tmp_path: Path) -> None:
    """Predict, correct, submit, train, next: on trans-ventricular images and on heads of HC18."""
    studies = tmp_path / "studies"
    studies.mkdir()
    images = [*sorted((real_data / "biometry_tv" / "images").glob("*.png"))[:3]]
    images += [*sorted((real_data / "hc18" / "training_set").glob("*HC.png"))[:3]]
    for image in images:
        shutil.copy(image, studies)
    with serving(studies, tmp_path / "server", by="fetal-head serve", conf=QUICK) as server:
        client = server.client()
        asked = []
        for _ in range(5):
            sample = client.next_sample("first", {})
            asked.append(sample["id"])
            predicted, params = server.predict(sample["id"])
            assert params["model_version"] == "shipped"
            corrected = read_mask(predicted)
            corrected[100:120, 200:260] = 2
            corrected[-1, -1], corrected[0, 0] = 3, 1
            submitted = write_itk(tmp_path / f"{sample['id']}.nrrd", corrected)
            client.save_label(sample["id"], str(submitted), params=SEGMENTS)
            assert_array_equal(read_mask(studies / "labels" / "final" / f"{sample['id']}.nrrd"), corrected)
        assert asked == sorted(set(asked)), "a submitted image was asked for again"
        client.train_start("fetal_head", client.info()["trainers"]["fetal_head"]["config"])
        status = server.wait_for_training()
        assert status["status"] == "DONE", "\n".join(status["details"])
        stats = client.info()["train_stats"]["fetal_head"]
        serves = "v0001" if stats["published"] else "shipped"
        last = client.next_sample("hybrid", {})
        assert last["id"] not in asked
        assert last["why"]
        assert server.predict(last["id"])[1]["model_version"] == serves
