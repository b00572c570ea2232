"""GPUs that are not there."""

from tests.harness.gpus import gpus

__all__ = ["gpus"]
