"""Text for models without a text tower: a text encoder with a trained projection into the model's space."""
