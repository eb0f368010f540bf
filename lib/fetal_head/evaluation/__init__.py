"""How good a model is: on images with known masks, and by what people change of its predictions."""
