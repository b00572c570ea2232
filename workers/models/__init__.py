"""Models that turn audio and text into vectors: contract, registry, life in memory, one folder a model."""
