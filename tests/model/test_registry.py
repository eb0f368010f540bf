"""Versions of the model, none of them ever lost."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from numpy.testing import assert_array_equal
from safetensors import safe_open

from fetal_head.config import load_settings
from fetal_head.model.network import Architecture
from fetal_head.model.predictor import Predictor
from fetal_head.model.registry import SHIPPED, Registry, ServedMeanwhileError
from fetal_head.model.weights import Description, load_weights, read_description, save_weights
from fetal_head.stamp import Stamp, stamp_of
from hostile.models import SMALL, small_network
from pictures import speckle


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """An empty registry of small networks, the shipped one among them."""
    save_weights(tmp_path / "shipped.safetensors", small_network(0), Description(SMALL))
    monkeypatch.setattr("fetal_head.model.registry.SHIPPED", tmp_path / "shipped.safetensors")
    return Registry(tmp_path / "models")


def _add(registry: Registry, seed: int = 0) -> str:
    return registry.add(small_network(seed), Description(SMALL)).name


def test_a_version_is_kept_and_only_then_published(registry: Registry) -> None:
    assert (_add(registry), _add(registry)) == ("v0001", "v0002")
    assert [version.name for version in registry.versions()] == ["shipped", "v0001", "v0002"]
    assert registry.current().name == "shipped"
    assert registry.publish("v0001") == registry.current() == registry.version("v0001")
    with pytest.raises(ValueError, match="there are shipped, v0001, v0002"):
        registry.version("v9")


def test_what_was_not_compared_with_the_served_version_is_not_published(registry: Registry) -> None:
    first, second, third = (_add(registry) for _ in range(3))
    registry.publish(first, expected="shipped")
    with pytest.raises(ServedMeanwhileError, match="'v0001' is served now, not 'shipped'"):
        registry.publish(second, expected="shipped")
    assert registry.current().name == first
    assert registry.publish(third, expected=first).name == registry.current().name == third


class Served(RuleBasedStateMachine):
    """What is served, against a list of names; each step is asked of another process's registry of the same folder."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.order = ["shipped"]
        self.there = ["shipped"]

    @property
    def registry(self) -> Registry:
        return Registry(Path(self.folder.name))

    @rule()
    def add(self) -> None:
        self.there.append(_add(self.registry))

    @rule(data=st.data())
    def publish(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self.there))
        assert self.registry.publish(name).name == name
        if self.order[-1] != name:
            self.order.append(name)

    @rule()
    def rollback(self) -> None:
        if len(self.order) == 1:
            with pytest.raises(ValueError, match="nothing was served before 'shipped'"):
                self.registry.rollback()
        else:
            self.order.pop()
            assert self.registry.rollback().name == self.order[-1]

    @precondition(lambda self: len(self.there) > 1)
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self.there[1:]))
        self.registry.version(name).path.unlink()
        self.there.remove(name)
        left = [n for n in self.order if n != name]
        self.order = [n for i, n in enumerate(left) if i == 0 or n != left[i - 1]]

    @invariant()
    def the_same(self) -> None:
        assert [version.name for version in self.registry.served()] == self.order
        assert self.registry.current().name == self.order[-1]
        assert [version.name for version in self.registry.versions()] == self.there

    def teardown(self) -> None:
        self.folder.cleanup()


def test_any_order_of_publishing_and_going_back(registry: Registry) -> None:
    run_state_machine_as_test(Served, settings=settings(max_examples=20, stateful_step_count=15))


@pytest.mark.parametrize("pointer", ["v0001", "v0001\n", " v0001 \r\n"])
def test_a_pointer_with_a_bare_name_is_understood(registry: Registry, pointer: str) -> None:
    _add(registry)
    (registry.folder / "current").write_text(pointer)
    assert registry.current().name == "v0001"
    assert registry.rollback().name == "shipped"


@pytest.mark.parametrize("pointer", [b"v0007", b"", b"../v0001", b"\xff\x00\xfe", b"v0001\nv0007"])
def test_a_pointer_to_nothing_leaves_the_one_before_served(
    registry: Registry, pointer: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    _add(registry)
    (registry.folder / "current").write_bytes(pointer)
    expected = "v0001" if pointer.startswith(b"v0001") else "shipped"
    assert [registry.current().name for _ in range(3)] == [expected] * 3
    assert len(caplog.records) == (1 if pointer else 0), "once, not with each request"
    assert all(f"{expected} is served instead" in record.message for record in caplog.records)


@pytest.mark.parametrize("content", [b"", b"half a file", None])
def test_what_does_not_load_is_not_published(registry: Registry, content: bytes | None) -> None:
    registry.publish(_add(registry))
    damaged = registry.version(_add(registry)).path
    damaged.write_bytes(damaged.read_bytes()[:-100] if content is None else content)
    with pytest.raises(ValueError, match=r"v0002\.safetensors"):
        registry.publish("v0002")
    with pytest.raises(ValueError, match="no model version is called 'v0003'"):
        registry.publish("v0003")
    assert registry.current().name == "v0001"


@pytest.mark.parametrize("damage", [lambda _: b"", lambda b: b[:10], lambda b: b[:-1], lambda b: b[:-1] + bytes([b[-1] ^ 1])])
def test_a_damaged_version_is_not_served_but_the_one_before(
    registry: Registry, damage: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        registry.publish(_add(registry))
    served = registry.version("v0003").path
    served.write_bytes(damage(served.read_bytes()))
    predictor = Predictor(registry, load_settings().model)
    assert predictor.predict(speckle(60, 90).astype(np.float32)).version == registry.current().name == "v0002"
    assert [record.message for record in caplog.records if "v0002 is served instead" in record.message]
    registry.version("v0001").path.write_bytes(b"")
    assert registry.rollback().name == "shipped"


@pytest.mark.parametrize("lack", [OSError(errno.EMFILE, "Too many open files"), RuntimeError("unable to open file")])
def test_a_version_that_the_system_could_not_read_once_is_served_again(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, lack: Exception
) -> None:
    first, second = (registry.publish(_add(registry)).name for _ in range(2))
    os.utime(registry.version(second).path)  # it is read again
    whole = safe_open

    def lacking(path: Path, framework: str) -> object:
        if path.stem == second:
            raise lack
        return whole(path, framework=framework)

    with monkeypatch.context() as patch:
        patch.setattr("fetal_head.model.weights.safe_open", lacking)
        assert registry.current().name == first
    assert registry.current().name == second
    registry.publish(_add(registry))
    assert registry.rollback().name == second


def test_what_was_never_published_is_not_read_for_a_prediction(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    registry.publish(_add(registry))
    unpublished = registry.version(_add(registry)).path
    read: list[Path] = []

    def look(path: Path) -> Stamp | None:
        read.append(path)
        return stamp_of(path)

    monkeypatch.setattr("fetal_head.model.registry.stamp_of", look)
    assert registry.current().name == "v0001"
    assert read
    assert unpublished not in read


def test_a_number_is_not_given_twice_while_it_is_remembered(registry: Registry) -> None:
    registry.publish(_add(registry))
    registry.version("v0001").path.unlink()
    (registry.folder / "v0009-copy.safetensors").write_bytes(b"of a person")
    assert _add(registry) == "v0002"
    (registry.folder / "v12345.safetensors").write_bytes(b"")
    assert _add(registry) == "v12346"
    assert [version.name for version in registry.versions()][-2:] == ["v12345", "v12346"]


def _add_ten(registry: Registry, together: Barrier, created: str) -> None:
    together.wait()
    for number in range(10):
        registry.add(small_network(number), Description(SMALL, created=f"{created}{number}"))


def test_processes_that_add_at_once_overwrite_nothing(registry: Registry) -> None:
    processes = get_context("fork")
    together = processes.Barrier(3)
    adders = [processes.Process(target=_add_ten, args=(registry, together, name)) for name in "abc"]
    for adder in adders:
        adder.start()
    for adder in adders:
        adder.join(60)
    created = [version.description.created for version in registry.versions()[1:]]
    assert sorted(created) == sorted(f"{name}{number}" for name in "abc" for number in range(10))


def test_a_reader_always_gets_a_whole_version(registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
    names = [_add(registry, seed) for seed in (1, 2)]
    registry.publish(names[1])
    seen: set[str] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            version = registry.current()
            load_weights(version.path)
            seen.add(version.name)

    with ThreadPoolExecutor() as pool:
        reader = pool.submit(read)
        try:
            for turn in range(200):
                registry.publish(names[turn % 2])
        finally:
            done.set()
        reader.result()
    assert seen == set(names)
    assert not caplog.records, "a pointer was read half written"


def test_predictor_takes_up_a_new_version(registry: Registry) -> None:
    registry.publish(_add(registry, 1))
    predictor = Predictor(registry, load_settings().model)
    image = speckle(60, 90).astype(np.float32)
    before = predictor.predict(image)
    registry.publish(_add(registry, 2))
    after = predictor.predict(image)
    registry.rollback()
    again = predictor.predict(image)
    assert (before.version, after.version, again.version) == ("v0001", "v0002", "v0001")
    assert_array_equal(Predictor(registry, load_settings().model, version="v0001").predict(image).mask, before.mask)
    assert_array_equal(again.mask, before.mask)
    assert after.mask.shape == (60, 90)


def test_predictor_takes_up_what_came_under_a_name_that_was_there_before(registry: Registry) -> None:
    image = speckle(60, 90).astype(np.float32)
    predictor = Predictor(registry, load_settings().model)
    for seed in (1, 2):
        registry.publish(_add(registry, seed))
        found, fresh = predictor.predict(image), Predictor(registry, load_settings().model).predict(image)
        assert found.version == fresh.version == "v0001"
        assert_array_equal(found.planes, fresh.planes)
        # as somebody does who begins anew
        shutil.rmtree(registry.folder)


def test_settings_describe_the_shipped_architecture() -> None:
    assert read_description(SHIPPED).architecture == Architecture.of(load_settings().model)


def test_a_damaged_shipped_model_is_named(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = tmp_path / "shipped.safetensors"
    damaged.write_bytes(SHIPPED.read_bytes()[:1000])
    monkeypatch.setattr("fetal_head.model.registry.SHIPPED", damaged)
    with pytest.raises(ValueError, match=r"shipped\.safetensors is no model file"):
        Predictor(registry, load_settings().model).warm_up()
