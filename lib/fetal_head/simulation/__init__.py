"""Annotation campaigns with known truth in the annotator's place: what a strategy is worth, before anybody draws an outline."""
