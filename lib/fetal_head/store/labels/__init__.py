"""Every mask that was ever submitted or predicted, which of them is the label, and what people changed."""
