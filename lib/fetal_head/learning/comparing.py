"""A newly trained model and the served one, asked of the same labelled images."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from fetal_head.config import Settings
from fetal_head.files import NO_ROOM
from fetal_head.imaging.limits import lack_of
from fetal_head.labels import NAMES
from fetal_head.learning.basis import basis
from fetal_head.learning.judging import ImageDice, Verdict, judge, judged_dice
from fetal_head.learning.samples import Labelled, read_labelled
from fetal_head.learning.unchanged import not_judged_on, unchanged
from fetal_head.model.ancestry import Learned
from fetal_head.model.preprocessing import nested_planes
from fetal_head.model.registry import Version
from fetal_head.model.segmenter import Segmenter, load_segmenter


def compare(
    candidate: Segmenter,
    served: Version,
    learned: Sequence[Labelled],
    held: Sequence[Labelled],
    known: Learned,
    settings: Settings,
    say: Callable[[str], None] = lambda _: None,
) -> Verdict:
    """The verdict on the candidate.

    Args:
        learned, held, known: see `basis`.
        say: told of every label that is not judged on, since its image is another one by now or either cannot be read.

    Raises:
        ValueError: the served version cannot be read, or no label can, or none of those that were held back now.
        OSError: there is no room to read them.
    """
    current = load_segmenter(served.path, settings.model, served.name)
    held = unchanged(held, say)
    while True:
        judged, judged_on = basis(unchanged(learned), held, known)
        both = _dice((candidate, current), judged, say)
        if both or not held:
            break
        # all of them were removed or replaced while the models were loaded and asked
        held = [label for label in held if label not in judged]
    ours, theirs = zip(*both, strict=True) if both else ((), ())
    return judge(ours, theirs, against=served.name, judged_on=judged_on, seed=settings.learning.seed)


def _dice(models: Sequence[Segmenter], labels: Sequence[Labelled], say: Callable[[str], None]) -> list[tuple[ImageDice, ...]]:
    """By image, the Dice of each model at its original size. Raises where the system can read none of them now."""
    judged: list[tuple[ImageDice, ...]] = []
    unread: Exception | None = None
    for label in labels:
        try:
            image, truth, annotated = read_labelled(label)
        except (OSError, ValueError) as error:
            # without room no label can be read: none is left out, for then training images alone would be left
            if isinstance(error, OSError) and error.errno in NO_ROOM:
                raise
            unread = error if lack_of(error) and label.is_of_image else unread
            say(not_judged_on(label, str(error)))
            continue
        # afterwards: it may be replaced while it is read
        if not label.is_of_image:
            say(not_judged_on(label))
            continue
        planes = nested_planes(truth) > 0
        known = torch.tensor([float(name in annotated) for name in NAMES])
        found = []
        for model in models:
            values = judged_dice(nested_planes(model.predict(image).mask) > 0, planes, known).tolist()
            dice = {name: value for name, value in zip(NAMES, values, strict=True) if name in annotated}
            found.append(ImageDice(label.id, label.patient_id, dice))
        judged.append(tuple(found))
    if unread and not judged:
        # what was trained is not lost: the next training goes on from the last epoch, and judges it
        raise unread
    return judged
