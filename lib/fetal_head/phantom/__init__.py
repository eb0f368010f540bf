"""Synthetic B-mode pictures of a fetal head (trans-ventricular plane) with their labels."""

from __future__ import annotations

from fetal_head.phantom.picture import Phantom, phantom

__all__ = ["Phantom", "phantom"]
