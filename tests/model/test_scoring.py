"""The scoring pass over pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from fetal_head.files import WRITING
from fetal_head.model.frame_cache import FrameCache
from fetal_head.model.network import Architecture
from fetal_head.model.scoring import Scorer
from pictures import speckle
from small_labels import small_settings

SETTINGS = small_settings(dropout_samples=3)


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    torch.manual_seed(0)
    architecture = Architecture.of(SETTINGS.model)
    return Scorer(architecture.build(), architecture, SETTINGS.model, SETTINGS.selection)


def test_a_batch_scores_as_its_images_do_one_by_one(scorer: Scorer) -> None:
    images = [speckle(60, 90, seed).astype(np.float32) for seed in range(3)] + [np.zeros((40, 50), dtype=np.float32)]
    frames = scorer.frames(images)
    assert all(frame.shape == (32, 48) and frame.dtype == np.float16 for frame in frames)
    together = scorer.scores(frames)
    for image, frame, found in zip(images, frames, together, strict=True):
        (alone,) = scorer.scores([frame])
        np.testing.assert_array_equal(scorer.frames([image])[0], frame)
        np.testing.assert_allclose(found.entropy, alone.entropy, rtol=1e-4)
        np.testing.assert_allclose(found.feature, alone.feature, atol=2e-3)
        assert len(found.entropy) == len(found.bald) == len(found.seen) == 3
        assert np.linalg.norm(found.feature.astype(float)) == pytest.approx(1, abs=1e-2)
        assert all(e >= b >= 0 for e, b in zip(found.entropy, found.bald, strict=True))


def test_only_another_locator_cuts_otherwise(scorer: Scorer) -> None:
    torch.manual_seed(0)
    architecture = Architecture.of(SETTINGS.model)
    networks = architecture.build()
    torch.nn.init.zeros_(next(networks.segmenter.parameters()))
    assert Scorer(networks, architecture, SETTINGS.model, SETTINGS.selection).frames_digest == scorer.frames_digest
    torch.nn.init.zeros_(next(networks.locator.parameters()))
    assert Scorer(networks, architecture, SETTINGS.model, SETTINGS.selection).frames_digest != scorer.frames_digest


def test_frames_are_kept_as_long_as_there_is_room(tmp_path: Path) -> None:
    frame = np.arange(12, dtype=np.float16).reshape(3, 4)
    cache = FrameCache(tmp_path / "frames", "one", 2 * frame.nbytes)
    for key in "abc":
        cache.put(key, frame)
    kept = [cache.get(key) for key in "abc"]
    np.testing.assert_array_equal(kept[0], frame)
    assert (kept[1] is None, kept[2] is None) == (False, True)
    next((tmp_path / "frames/one").glob("*.npy")).write_bytes(b"cut off")
    assert sum(cache.get(key) is not None for key in "ab") == 1
    assert FrameCache(tmp_path / "frames", "two", 100).get("a") is None
    assert [path.name for path in (tmp_path / "frames").iterdir()] == [], "what is cut otherwise is thrown away"


def test_what_a_killed_process_was_writing_takes_no_room(tmp_path: Path) -> None:
    frame = np.arange(12, dtype=np.float16).reshape(3, 4)
    FrameCache(tmp_path, "one", 300).put("a", frame)
    stray = tmp_path / "one" / f"{WRITING}x.npy"
    stray.write_bytes(bytes(300))
    cache = FrameCache(tmp_path, "one", 300)
    assert not stray.exists()
    cache.put("b", frame)
    np.testing.assert_array_equal(cache.get("b"), frame)
