"""What no label of a training spoke of: a model forgets it, and no image tells."""

from __future__ import annotations

from collections.abc import Sequence

from fetal_head.labels import NAMES
from fetal_head.learning.judging import Verdict
from fetal_head.learning.samples import Sample


def untaught(samples: Sequence[Sample]) -> tuple[str, ...]:
    """The structures that a model which learns from these samples does not learn to outline."""
    known = [sample.framed.known for sample in samples if sample.framed is not None]
    return tuple(name for number, name in enumerate(NAMES) if not any(bool(each[number] > 0) for each in known))


def cautious(verdict: Verdict, samples: Sequence[Sample]) -> Verdict:
    """The verdict on a model that learned from these samples: better in heads alone, it may have lost CSP and LV."""
    names = untaught(samples)
    if not names or not verdict.better:
        return verdict
    what = f"no label that it learned from speaks of {' and '.join(names)}, which it may have forgotten"
    return verdict.but(f"{what}: label that as well, or look at what it draws now and publish it by hand")
