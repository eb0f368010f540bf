"""Many images -> the figures of `metrics.json`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from fetal_head.biometry import MEASUREMENTS
from fetal_head.evaluation.bootstrap import Estimate, mean_over_patients, ratio_over_patients
from fetal_head.evaluation.comparison import PUBLISHED_HC, Comparison
from fetal_head.evaluation.metrics import Agreement

OVERLAP = ("dice", "iou", "sensitivity", "precision", "hd95", "asd")
IN_MM = ("hd95_mm", "asd_mm")
LENGTHS = (*(f"{what}_mm" for what in MEASUREMENTS), PUBLISHED_HC)
BLAND_ALTMAN = 1.96

# how one image agrees, and whose it is
Scored = tuple[Agreement, str]


def summarise(comparisons: Sequence[Comparison], classes: Sequence[str]) -> dict[str, Any]:
    """The figures over all images: `images`, `patients`, `structures`, `network_size` and `biometry`.

    A mean is a dictionary of `Estimate`'s fields. `biometry` holds the measurements of which there is a reference.
    """
    return {
        "images": len(comparisons),
        "patients": len({c.pair.patient for c in comparisons}),
        "structures": {n: _at_original_size(_cases([(c.original, c) for c in comparisons], n)) for n in classes},
        "network_size": {n: _means(_cases([(c.network, c) for c in comparisons], n), OVERLAP) for n in classes},
        "biometry": {key: errors for key in LENGTHS if (errors := _errors(comparisons, key))},
    }


def _cases(agreements: Sequence[tuple[dict[str, Agreement], Comparison]], name: str) -> list[Scored]:
    return [(found[name], c.pair.patient) for found, c in agreements if name in found]


def _at_original_size(cases: Sequence[Scored]) -> dict[str, Any]:
    false_presence = _mean(cases, "false_presence")
    present = [agreement for agreement, _ in cases if agreement.present]
    return {
        **_means(cases, (*OVERLAP, *IN_MM)),
        "pooled_dice": asdict(_pooled_dice(cases)),
        "detection": asdict(_mean(cases, "detection")),
        "false_presence": false_presence.mean,
        "false_presence_low": false_presence.low,
        "false_presence_high": false_presence.high,
        "present": len(present),
        "absent": len(cases) - len(present),
        "missed": sum(not agreement.seen for agreement in present),
    }


def _means(cases: Sequence[Scored], metrics: Sequence[str]) -> dict[str, Any]:
    return {metric: asdict(_mean(cases, metric)) for metric in metrics}


def _mean(cases: Sequence[Scored], metric: str) -> Estimate:
    defined = [(value, patient) for agreement, patient in cases if (value := getattr(agreement, metric)) is not None]
    return mean_over_patients([value for value, _ in defined], [patient for _, patient in defined])


def _pooled_dice(cases: Sequence[Scored]) -> Estimate:
    parts = [2.0 * a.true_positive for a, _ in cases]
    wholes = [2.0 * a.true_positive + a.false_positive + a.false_negative for a, _ in cases]
    return ratio_over_patients(parts, wholes, [patient for _, patient in cases])


def _errors(comparisons: Sequence[Comparison], key: str) -> dict[str, Any]:
    """Errors of a measurement in mm, predicted minus reference; empty where no image has a reference."""
    asked = [(c.lengths[key], c.pair.patient) for c in comparisons if key in c.lengths]
    measured = [(length.predicted - length.reference, who) for length, who in asked if length.predicted is not None]
    if not asked:
        return {}
    errors, patients = [error for error, _ in measured], [who for _, who in measured]
    mae, bias = mean_over_patients([abs(error) for error in errors], patients), mean_over_patients(errors, patients)
    return {
        "mae": mae.mean,
        "mae_low": mae.low,
        "mae_high": mae.high,
        "bias": bias.mean,
        "bias_low": bias.low,
        "bias_high": bias.high,
        **_spread(errors),
        "n": mae.n,
        "patients": mae.patients,
        "not_measured": len(asked) - len(measured),
    }


def _spread(errors: Sequence[float]) -> dict[str, float | None]:
    if len(errors) < 2:
        return {"sd": None, "agreement_low": None, "agreement_high": None}
    bias, margin = bias_and_margin(errors)
    return {"sd": margin / BLAND_ALTMAN, "agreement_low": bias - margin, "agreement_high": bias + margin}


def bias_and_margin(errors: Sequence[float]) -> tuple[float, float]:
    """Mean of two or more errors and the distance of the limits of agreement from it (Bland & Altman 1986, Lancet 327:307)."""
    return float(np.mean(errors)), BLAND_ALTMAN * float(np.std(errors, ddof=1))
