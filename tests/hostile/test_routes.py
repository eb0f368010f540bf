"""Every route that the server describes, asked with whatever its description allows and more: it never breaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from pictures import speckle, write_picture
from serving import Server, serving

schemathesis = pytest.importorskip("schemathesis", reason="it needs Python 3.11")
pytestmark = pytest.mark.slow

# these start processes that train, predict or score for minutes, and stop those of others
LEFT_OUT = ("/train/", "/batch/", "/scoring/")
EXAMPLES = 25


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    studies = tmp_path_factory.mktemp("studies")
    for number in range(3):
        write_picture(studies / f"i{number}.png", speckle(60, 90, seed=number))
    folder = tmp_path_factory.mktemp("server")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MONAI_LABEL_SESSION_PATH", str(folder / "sessions"))
        with serving(studies, folder) as running:
            yield running


def test_no_route_breaks(server: Server) -> None:
    routes = [route.ok() for route in schemathesis.openapi.from_url(f"{server.url}/openapi.json").get_all_operations()]
    asked = [route for route in routes if not route.path.startswith(LEFT_OUT)]
    assert len(asked) > 15
    broken = [said for route in asked if (said := _broken(route))]
    assert not broken, "\n".join(broken)


def _broken(route: Any) -> str | None:
    """What of the description breaks a route; None for one that stands."""

    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=route.as_strategy())
    def stands(case: Any) -> None:
        answer = case.call(timeout=60)
        assert answer.status_code < 500, (
            f"{route.method.upper()} {case.formatted_path} answers {answer.status_code}: {answer.text[:100]}"
        )

    try:
        stands()
    except AssertionError as error:
        return str(error).splitlines()[0]
    return None
