"""Ellipse, widths and gestational age from a mask and its pixel size."""

from fetal_head.biometry.measure import Biometry, measure

__all__ = ["Biometry", "measure"]
