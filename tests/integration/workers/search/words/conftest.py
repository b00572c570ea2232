"""Search workers on the two libraries that were listened to once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.answering import Answering
from bench.heard import Name, heard_library

Ask = Callable[[Name], Answering]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Returns the worker of a library, one for all tests of a module."""
    known: dict[Name, Answering] = {}

    def of(name: Name) -> Answering:
        if name not in known:
            folder: Path = tmp_path_factory.mktemp(name)
            known[name] = Answering(folder, heard_library(name))
        return known[name]

    yield of
    for answering in known.values():
        answering.close()
