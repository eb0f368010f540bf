"""One image: what the model says of it, against what is known."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from fetal_head.biometry import MEASUREMENTS, measure
from fetal_head.evaluation.metrics import Agreement, agreement
from fetal_head.evaluation.pairs import Known, Pair
from fetal_head.evaluation.predictor import MaskPredictor
from fetal_head.imaging import Mask
from fetal_head.imaging.mask import region_of
from fetal_head.labels import BRAIN, NAMES

PUBLISHED_HC = "hc_published_mm"


@dataclass(frozen=True)
class Length:
    """A length in mm: its reference, and what the predicted mask gives; None where nothing can be measured in that."""

    reference: float
    predicted: float | None


@dataclass(frozen=True)
class Comparison:
    """One image, predicted against known.

    Attributes:
        pair: its files.
        version: of the model that predicted.
        spacing: millimetres per pixel along (rows, columns), or None.
        original: by annotated structure, at the image's own size.
        network: by annotated structure, at the network's size.
        lengths: by measurement, where pixel size and reference are known.
    """

    pair: Pair
    version: str
    spacing: tuple[float, float] | None
    original: dict[str, Agreement]
    network: dict[str, Agreement]
    lengths: dict[str, Length]


def compare(pair: Pair, predictor: MaskPredictor, classes: Collection[str]) -> Comparison:
    """Predicts one image and compares it in those of `classes` that its mask speaks of.

    Raises:
        ValueError: image or mask cannot be read, or they do not fit each other.
    """
    known = pair.load()
    prediction = predictor.predict(known.image)
    predicted, truth = prediction.at_network_size(known.truth)
    names = [name for name in NAMES if name in known.annotated and name in classes]
    return Comparison(
        pair,
        prediction.version,
        known.spacing,
        original={n: agreement(region_of(prediction.mask, n), region_of(known.truth, n), known.spacing) for n in names},
        network={n: agreement(predicted[NAMES.index(n)], truth[NAMES.index(n)]) for n in names},
        lengths=_lengths(prediction.mask, known, names, pair.circumference),
    )


def _lengths(predicted: Mask, known: Known, names: list[str], published: float | None) -> dict[str, Length]:
    if known.spacing is None:
        return {}
    true, found = measure(known.truth, known.spacing), measure(predicted, known.spacing)
    lengths = {
        f"{what}_mm": Length(getattr(true, what), getattr(found, what))
        for what, name in MEASUREMENTS.items()
        if name in names and getattr(true, what) is not None
    }
    if published is not None and BRAIN.name in names:
        lengths[PUBLISHED_HC] = Length(published, found.hc)
    return lengths
