"""Tests that need torch are skipped if it is not installed; all others run without it."""

from __future__ import annotations

import os
from importlib.util import find_spec

os.environ["HF_HUB_OFFLINE"] = "1"

NEEDED = ("torch", "transformers")
collect_ignore = [] if all(find_spec(name) for name in NEEDED) else ["test_encoding.py", "test_serving.py"]
