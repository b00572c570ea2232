"""`/models` and the Open Inference Protocol: which models there are, and what their workers say."""
