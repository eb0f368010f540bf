"""Where a length stands among fetuses of the same age: the INTERGROWTH-21st standards.

They need an age that is known from dating (last menstrual period, crown-rump length). Against an age that was computed from HC
the z-score of HC is about 0 whatever its size, and what BPD and OFD then tell is the shape of the head, which the cephalic index
tells better. LV would be judged by the head around it, though a head may grow because its ventricles do. So nothing here takes an
age from HC by itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy.special import ndtr


@dataclass(frozen=True)
class Standard:
    """A length that is normally distributed at every age.

    Attributes:
        weeks: first and last gestational age, both included, that the standard is given for.
        mean, sd: in mm, at a gestational age in weeks; nobody vouches for them outside `weeks`.
    """

    weeks: tuple[float, float]
    mean: Callable[[float], float]
    sd: Callable[[float], float]

    def z_score(self, length: float | None, weeks: float | None) -> float | None:
        """How many SD a length in mm lies above the mean; None where either is unknown or the age outside the standard's."""
        if length is None or weeks is None or not self.weeks[0] <= weeks <= self.weeks[1]:
            return None
        return (length - self.mean(weeks)) / self.sd(weeks)

    def centile(self, length: float | None, weeks: float | None) -> float | None:
        """Percent of fetuses of that age below a length in mm, 0..100; None as for `z_score`."""
        z = self.z_score(length, weeks)
        return None if z is None else float(100 * ndtr(z))


# Papageorghiou 2014, Lancet 384:869, charts from 14+0 to 40+0 weeks. BPD and OFD are outer to outer.
HC = Standard(
    (14, 40),
    mean=lambda g: -28.2849 + 1.69267 * g**2 - 0.397485 * g**2 * math.log(g),
    sd=lambda g: 1.98735 + 0.0136772 * g**3 - 0.00726264 * g**3 * math.log(g) + 0.000976253 * g**3 * math.log(g) ** 2,
)
BPD = Standard(
    (14, 40),
    mean=lambda g: 5.60878 + 0.158369 * g**2 - 0.00256379 * g**3,
    sd=lambda g: math.exp(
        0.101242 + 0.00150557 * g**3 - 0.000771535 * g**3 * math.log(g) + 0.0000999638 * g**3 * math.log(g) ** 2
    ),
)
OFD = Standard(
    (14, 40),
    mean=lambda g: -12.4097 + 0.626342 * g**2 - 0.148075 * g**2 * math.log(g),
    sd=lambda g: math.exp(-0.880034 + 0.0631165 * g**2 - 0.0317136 * g**2 * math.log(g) + 0.00408302 * g**2 * math.log(g) ** 2),
)

# Napolitano 2020, Ultrasound Obstet Gynecol 56:359, the atrium of the posterior horn in volumes of 15 to 36 weeks; the width of a
# drawn LV only stands for it
LV = Standard(
    (15, 36),
    mean=lambda g: 4.389214 + 38.10015 / g + 2.0063e-6 * g**3,
    sd=lambda g: 0.6707227 + 0.034258 * g,
)
