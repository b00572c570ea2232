"""The shared suite on a real Milvus server: `milvus-server` of the PyPI package `milvus`, if it is installed.

`SONICMESH_TEST_MILVUS` names the executable if it is neither on the PATH nor next to the interpreter.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.ports import free_port
from bench.search_server import NotMeasured, executable, running
from contract.errors import StoreUnavailable
from tests.integration.workers.search.store.store_suite import StoreSuite
from workers.search.store.expressions import filter_of, literal
from workers.search.store.index.graph import GraphSettings
from workers.search.store.server import ServerStore
from workers.search.store.vector_store import Where


class TestServerStore(StoreSuite):
    """All of it with FLAT: nothing here is large."""


def test_literals_cannot_end_early() -> None:
    assert literal('a" or true or "') == '"a\\" or true or \\""'
    assert literal("back\\slash\n") == '"back\\\\slash\\n"'


def test_filters_are_pushed_down() -> None:
    where = Where(frozenset({2, 1}), frozenset({"b", "a"}), frozenset({'q"'}))
    assert filter_of(where) == ('library_id in [1, 2] and not (track_id in ["a", "b"]) and not (artist_id in ["q\\""])')
    assert filter_of(Where()) == ""


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1"):
        ServerStore(f"http://127.0.0.1:{free_port()}", GraphSettings())


def test_a_second_server_is_not_started(server: str) -> None:
    with pytest.raises(NotMeasured, match="another"), running():
        pass


def test_the_server_is_found_beside_the_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("SONICMESH_TEST_MILVUS", raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(NotMeasured, match="pip install"):
        executable()
    beside = tmp_path / "milvus-server"
    beside.touch(0o755)
    assert executable() == str(beside)
