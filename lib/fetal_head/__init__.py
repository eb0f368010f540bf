"""Assisted annotation of 2D fetal-head ultrasound: BRAIN, cavum septi pellucidi (CSP) and lateral ventricle (LV)."""

import os

__version__ = "0.1.0"

# ONNX Runtime and MLflow tell their makers over the network how they are used, unless they find this when they are imported
os.environ |= {"ORT_DISABLE_TELEMETRY": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}
