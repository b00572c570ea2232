"""MERT: the layers of a self-supervised music model."""
