"""What a person should look at before trusting a measurement, or because of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fetal_head.biometry.measurements import Biometry

Confidence = Mapping[str, float | None]

# Hadlock 1981 (Am J Roentgenol 137:83): one SD around the mean of 78.3 at 14-40 weeks; outside, BPD may mislead about age
CEPHALIC_INDEX = (74.0, 83.0)

# The grades are Gaglioti's (2005, Ultrasound Obstet Gynecol 25:372): mild 10-12 mm, moderate 12.1-14.9, severe from 15. The
# SMFM (2018) calls 13-15 mm moderate and more severe, so the flag has no grade: the width stands beside it
VENTRICULOMEGALY_MM = 10.0

# Where the models of the cross-validation drew 29 trans-ventricular images of patients that they never saw, three structures were
# below it: a CSP that no annotator drew, a CSP of Dice .52 and an LV of .64. Above it were 3 more CSPs that nobody drew, and
# every head was at .97 or .98: a high value vouches for nothing. Another model needs another look
LOW_CONFIDENCE = 0.8

# what people are shown: a width of "10.0 mm" without its flag would be taken for looked at and found well
DECIMALS = 1


@dataclass(frozen=True)
class Flag:
    """A rule: its name for programs, its sentence for people, and whether a measured mask and its confidences raise it."""

    name: str
    sentence: str
    raised: Callable[[Biometry, Confidence], bool]


FLAGS: tuple[Flag, ...] = (
    Flag(
        "no_pixel_size",
        "The size of a pixel is not known: lengths are in pixels, and there is no gestational age.",
        lambda found, _: found.unit == "px",
    ),
    Flag(
        "head_cut",
        "The head touches the border of the image: its circumference, diameters and age and the CSP's width are not given.",
        lambda found, _: found.head_cut,
    ),
    Flag(
        "lv_cut",
        "The lateral ventricle touches the border of the image: its width is not given.",
        lambda found, _: found.lv_cut,
    ),
    Flag(
        "in_pieces",
        "A structure is in several pieces, and the largest is measured: erase what does not belong to it.",
        lambda found, _: found.in_pieces,
    ),
    Flag(
        "cephalic_index",
        "The cephalic index is outside 74 to 83: with a long or a round head, go by HC rather than by BPD.",
        lambda found, _: found.ci is not None and not CEPHALIC_INDEX[0] <= round(found.ci, DECIMALS) <= CEPHALIC_INDEX[1],
    ),
    Flag(
        "ventriculomegaly",
        "The lateral ventricle is 10 mm or wider: mild ventriculomegaly up to 12 mm, moderate below 15 mm, severe from 15.",
        lambda found, _: (
            found.unit == "mm" and found.lv_width is not None and round(found.lv_width, DECIMALS) >= VENTRICULOMEGALY_MM
        ),
    ),
    Flag(
        "low_confidence",
        "The model is not sure of a structure that it found: check its outline.",
        lambda _, confidence: any(value is not None and value < LOW_CONFIDENCE for value in confidence.values()),
    ),
)
SENTENCES: dict[str, str] = {flag.name: flag.sentence for flag in FLAGS}


def raised_flags(found: Biometry, confidence: Confidence | None = None) -> tuple[str, ...]:
    """Names of the flags that a measured mask raises, in the order of `FLAGS`.

    Args:
        found: whatever its own `flags` say.
        confidence: of each structure by name, 0..1, None for one that was not found; None where no model drew the mask.
    """
    return tuple(flag.name for flag in FLAGS if flag.raised(found, confidence or {}))
