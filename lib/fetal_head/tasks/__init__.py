"""Adapters to MONAI Label, a few lines each over the library."""
