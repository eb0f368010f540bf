"""Ellipse, widths, gestational age, growth and flags from a mask and its pixel size."""

from fetal_head.biometry.measure import measure
from fetal_head.biometry.measurements import MEASUREMENTS, Biometry

__all__ = ["MEASUREMENTS", "Biometry", "measure"]
