"""Which image is worth labelling next."""
