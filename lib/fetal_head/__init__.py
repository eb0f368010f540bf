"""Assisted annotation of 2D fetal-head ultrasound: BRAIN, cavum septi pellucidi (CSP) and lateral ventricle (LV)."""

__version__ = "0.1.0"
