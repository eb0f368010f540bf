"""What of a request reaches the app."""

from __future__ import annotations

import pytest
from fastapi import HTTPException

from fetal_head.server.asked import asked_for
from fetal_head.server.login.identity import User


def test_what_nobody_asks_for_is_dropped_and_who_asks_is_known() -> None:
    params = {"max_epochs": 3, "bundle_path": "/tmp", "client_id": "ann"}
    assert asked_for(params, User(), "max_epochs", "train_batch_size") == {"max_epochs": 3, "user": "ann"}
    assert asked_for({**params, "client_id": "\ud800"}, User("ben"), "max_epochs") == {"max_epochs": 3, "user": "ben"}
    assert asked_for({"client_id": "user-xyz"}, User()) == {"user": ""}, "3D Slicer's own, as long as nobody has set one"
    assert asked_for(params, User("user-xyz")) == {"user": "user-xyz"}, "somebody signed in is somebody"
    assert asked_for(None, User(), "max_epochs") == {"user": ""}


@pytest.mark.parametrize("name", ["\ud800", ["ann"], "x" * 300])
@pytest.mark.parametrize("key", ["client_id", "user"])
def test_a_name_that_is_none_gets_no_further(key: str, name: object) -> None:
    with pytest.raises(HTTPException) as refused:
        asked_for({key: name}, User())
    assert refused.value.status_code == 422
