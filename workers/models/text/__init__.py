"""Text for models that have no text tower: a text encoder with a trained projection into the model's space."""
