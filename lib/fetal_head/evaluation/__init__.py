"""How good a model is on images with known masks: metrics, their intervals over patients, figures and a report."""

from fetal_head.evaluation.evaluate import evaluate_folders
from fetal_head.evaluation.predictor import MaskPredictor

__all__ = ["MaskPredictor", "evaluate_folders"]
