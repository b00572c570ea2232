"""The demo library with shorter pieces, built once for these tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import demo
from demo.building import build_entries
from demo.catalogue import Entry, full

#: When the people of the library last listened.
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
#: Seconds of a piece and of the long track in these tests.
SECONDS, LONG = 12.0, 60.0


def brief() -> tuple[Entry, ...]:
    """The whole catalogue with shorter music."""
    return tuple(replace(e, seconds=min(e.seconds, LONG if e.kind == "long" else SECONDS)) for e in full())


@pytest.fixture(scope="session")
def whole() -> Iterator[demo.DemoLibrary]:
    folder = Path(tempfile.mkdtemp(prefix="sm demo "))
    yield build_entries(folder, brief(), NOW, processes=2)
    shutil.rmtree(folder)
