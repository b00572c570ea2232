"""The broker's process stays small: it loads neither pydantic nor numpy, whatever the contract holds."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("pydantic", "numpy", "aiohttp", "torch", "pymilvus")
CODE = f"import sys, broker.serve; print([name for name in {HEAVY!r} if name in sys.modules])"


def test_the_broker_loads_nothing_heavy() -> None:
    found = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
