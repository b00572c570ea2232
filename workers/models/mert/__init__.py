"""MERT: the layers of a self-supervised model of music."""
