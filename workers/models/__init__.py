"""Models that turn audio and text into vectors: contract, registry, lifecycle, and one folder per model."""
