"""Whether a newly trained model is better than the served one, on the same images."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
import torch
from numpy.typing import NDArray

from fetal_head.labels import NAMES
from fetal_head.learning.metrics import dice_per_image

# A structure is surely worse when its whole interval lies further than this below 0. Two annotators who outline the same head
# differ by more, so a smaller loss is not worth holding back what is gained elsewhere.
MARGIN = 0.01
RESAMPLES = 2000


class JudgedOn(str, Enum):
    """The images of a verdict; those that were trained on show no more than that the training did not fail.

    Patients from whom an earlier model has learned show little: that model, or one that goes on from it, may know them by heart.
    """

    VALIDATION = "validation patients"
    PERHAPS_LEARNED_BEFORE = "validation patients from whom an earlier model, which does not say from whom, may have learned"
    LEARNED_BEFORE = "validation patients from whom an earlier model has learned"
    TRAINING = "training images"


@dataclass(frozen=True)
class ImageDice:
    """How one model did on one image.

    Attributes:
        id, patient: as in `Labelled`.
        dice: by structure, as `judged_dice` tells it; a structure that is missing here or None is not annotated.
    """

    id: str
    patient: str
    dice: Mapping[str, float | None]


@dataclass(frozen=True)
class Difference:
    """Candidate minus served in mean Dice, with the 95 % interval of a bootstrap over patients.

    Attributes:
        candidate, served: mean Dice of the two models.
        mean, low, high: of the difference; with a single patient `low` and `high` are the mean.
        images: how many were compared.
    """

    candidate: float
    served: float
    mean: float
    low: float
    high: float
    images: int


@dataclass(frozen=True)
class Verdict:
    """The outcome of a comparison; `dataclasses.asdict` of it is JSON.

    Attributes:
        better: whether the candidate is to be published.
        reason: why, in a sentence.
        against: name of the served version.
        judged_on: value of a `JudgedOn`.
        patients: how many the images are of.
        overall: mean over the structures.
        structures: those that are annotated in some image.
    """

    better: bool
    reason: str
    against: str
    judged_on: str
    patients: int
    overall: Difference
    structures: dict[str, Difference]

    def but(self, why: str) -> Verdict:
        """The same of a candidate that is not to be published, however good it is, for a reason more."""
        return replace(self, better=False, reason=f"{self.reason}; but {why}")


def judged_dice(predicted: torch.Tensor, target: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Dice of boolean planes, (..., S, H, W) with `known` (..., S) -> (..., S); NaN where the structure is not annotated.

    A structure that is annotated and absent counts 1 when it is rightly not found and 0 when it is. A model that sees a CSP
    in every image loses by that; where both models are right about an absent one, the difference is 0 and decides nothing.
    """
    dice = dice_per_image(predicted, target).nan_to_num(nan=1.0)
    return dice.masked_fill(known <= 0, math.nan)


def judge(
    candidate: Sequence[ImageDice],
    served: Sequence[ImageDice],
    *,
    against: str,
    judged_on: JudgedOn = JudgedOn.VALIDATION,
    seed: int = 0,
) -> Verdict:
    """Compares two models on the same images.

    The candidate is better when its Dice, averaged over images and then over structures, is higher, and no structure is surely
    worse (see `MARGIN`). Equally good is not better.

    Args:
        candidate, served: the same images in the same order.
        against: name of the served version.
        seed: of the bootstrap; the same seed gives the same verdict.

    Raises:
        ValueError: the images are not the same, or no structure is annotated in any of them.
    """
    theirs, ours = _table(candidate), _table(served)
    same_images = [(image.id, image.patient) for image in candidate] == [(image.id, image.patient) for image in served]
    if not same_images or (np.isnan(theirs) != np.isnan(ours)).any():
        raise ValueError("both models must be judged on the same images and structures, in the same order")
    if np.isnan(theirs).all():
        raise ValueError("there is nothing to judge on: no structure is annotated in any image")
    patients = np.unique([image.patient for image in candidate], return_inverse=True)[1]
    seen = ~np.isnan(theirs).all(axis=0)
    names = [name for name, some in zip(NAMES, seen, strict=True) if some]
    theirs, ours = theirs[:, seen], ours[:, seen]
    resampled = _resampled(theirs - ours, patients, np.random.default_rng(seed))
    structures = {name: _difference(theirs[:, [s]], ours[:, [s]], resampled[:, [s]]) for s, name in enumerate(names)}
    overall = _difference(theirs, ours, resampled)
    better, reason = _decide(overall, structures, against, judged_on)
    return Verdict(better, reason, against, judged_on.value, int(patients.max()) + 1, overall, structures)


def _table(images: Sequence[ImageDice]) -> NDArray[np.float64]:
    """(images, structures), NaN where not annotated."""
    return np.array([[image.dice.get(name) for name in NAMES] for image in images], dtype=float).reshape(-1, len(NAMES))


def _resampled(difference: NDArray[np.float64], patients: NDArray[np.intp], random: np.random.Generator) -> NDArray[np.float64]:
    """Mean difference by structure, (RESAMPLES, S), each time over as many patients as there are, drawn with replacement.

    NaN where none of the drawn patients has the structure.
    """
    count = int(patients.max()) + 1
    member = patients == np.arange(count)[:, None]
    total = member @ np.nan_to_num(difference)
    images = member @ (~np.isnan(difference)).astype(float)
    drawn = random.multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    with np.errstate(invalid="ignore"):
        means: NDArray[np.float64] = (drawn @ total) / (drawn @ images)
    return means


def _difference(candidate: NDArray[np.float64], served: NDArray[np.float64], resampled: NDArray[np.float64]) -> Difference:
    """Over all columns, which are structures and count alike."""
    drawn = resampled[~np.isnan(resampled).all(axis=1)]
    low, high = np.percentile(np.nanmean(drawn, axis=1), [2.5, 97.5])
    theirs, ours, mean = (float(np.nanmean(table, axis=0).mean()) for table in (candidate, served, candidate - served))
    return Difference(theirs, ours, mean, float(low), float(high), int((~np.isnan(candidate)).any(axis=1).sum()))


def _decide(overall: Difference, structures: Mapping[str, Difference], against: str, judged_on: JudgedOn) -> tuple[bool, str]:
    worse = {name: difference for name, difference in structures.items() if difference.high < -MARGIN}
    interval = f"95 % {overall.low:+.4f} to {overall.high:+.4f}"
    change = f"mean Dice {overall.mean:+.4f} ({interval}) against {against} on {judged_on.value}"
    if overall.mean <= 0:
        return False, f"not better: {change}"
    if worse:
        losses = ", ".join(f"{name} {difference.mean:+.4f}" for name, difference in worse.items())
        return False, f"surely worse in {losses}: {change}"
    return True, f"better: {change}"
