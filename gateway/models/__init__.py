"""`/models` and the Open Inference Protocol: the known models and the state of their workers."""
