"""Network, pre-processing, Predictor and the registry of model versions."""
