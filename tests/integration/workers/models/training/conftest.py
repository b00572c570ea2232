"""Tests that need torch are left out where it is not installed; everything else runs without."""

from __future__ import annotations

import os
from importlib.util import find_spec

os.environ["HF_HUB_OFFLINE"] = "1"

NEEDED = ("torch", "transformers")
collect_ignore = [] if all(find_spec(name) for name in NEEDED) else ["test_encoding.py", "test_serving.py"]
