"""The parity of the models is not measured where their packages are not installed."""

from tests.integration.workers.models.conftest import PRESENT

collect_ignore = [] if PRESENT else ["test_parity.py"]
