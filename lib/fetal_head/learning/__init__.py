"""Samples with partial labels, split by patient, augmentation, loss, trainer and retraining."""
