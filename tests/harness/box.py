"""A small box for tests, where one can be made."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from bench.box import Box


@contextlib.contextmanager
def box(memory: int, processors: float, cpus: str = "") -> Iterator[Box]:
    """Skips the test where such groups cannot be made."""
    try:
        made = Box(memory, processors, cpus)
    except OSError as error:
        pytest.skip(f"no control group of version 1 can be made here: {error}")
    try:
        yield made
    finally:
        made.close()
