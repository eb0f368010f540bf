"""MONAI Label's own strategy, for comparison."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fetal_head.selection.pool import Numbers, Pool
from fetal_head.selection.ranking import Ranking


@dataclass(frozen=True)
class SimulatedPool(Pool):
    """A pool of a campaign.

    Attributes:
        epistemic: (N,), what MONAI Label's `EpistemicScoring` makes of the same dropout samples.
    """

    epistemic: Numbers


def stock_epistemic(pool: SimulatedPool, rng: np.random.Generator) -> Ranking:
    """The image with the largest mean over pixels of the sum over channels of -p log p, p the mean of the samples.

    As in monailabel.tasks.scoring.epistemic_v2 and monailabel.tasks.activelearning.epistemic, both of 0.8.5.
    """
    order = np.argsort(-pool.epistemic, kind="stable")
    return Ranking(order, pool.epistemic, "MONAI Label's epistemic entropy is largest in it.")
