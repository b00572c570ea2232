"""English words for music: which labels and facts each concept speaks of."""
