"""What the neural models share: weights, clips, batches, precision, their life as adapters."""
