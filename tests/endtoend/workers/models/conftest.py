"""Small checkpoints of the real architectures; without the models' packages there is nothing to test here."""

from tests.integration.workers.models.conftest import PRESENT, checkpoints

__all__ = ["checkpoints"]

collect_ignore_glob = [] if PRESENT else ["test_*.py"]
