"""The broker's process stays small: it loads neither pydantic nor numpy, and of the contract only what it uses."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("pydantic", "numpy", "aiohttp", "torch", "pymilvus", "annotated_types", "typing_extensions", "ctypes")
#: Types of the contract that the broker has no use for: each message takes several kilobytes.
UNUSED = ("contract.jobs", "contract.events", "contract.library", "contract.search", "contract.embedding")
CODE = f"import sys, broker.serve; print([name for name in {(*HEAVY, *UNUSED)!r} if name in sys.modules])"


def test_the_broker_loads_nothing_heavy() -> None:
    found = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
