"""What neural models share: weights, clips, batches, precision, the adapter's lifecycle."""
