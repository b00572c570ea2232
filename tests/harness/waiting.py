"""Waiting for what comes, never for a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

#: Seconds that a test waits for something on a loaded machine.
PATIENCE_S: Final = 120.0
#: Seconds between two looks.
PAUSE_S: Final = 0.02


def eventually(check: Callable[[], Any], what: str = "", seconds: float = PATIENCE_S) -> Any:
    """The first true value of `check`. Raises `AssertionError` if there is none within `seconds`."""
    end = time.monotonic() + seconds
    while True:
        if value := check():
            return value
        assert time.monotonic() < end, f"not seen within {seconds:.0f} s: {what or check}"
        time.sleep(PAUSE_S)
