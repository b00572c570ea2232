"""The shared suite on a real Milvus server: `milvus-server` of the PyPI package `milvus`, where it is installed.

`SONICMESH_TEST_MILVUS` names the executable where it is not on the PATH.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pymilvus import MilvusClient

from broker.errors import StoreUnavailable
from tests.search.store_suite import StoreSuite
from workers.search.expressions import filter_of, literal
from workers.search.index.graph import GraphSettings
from workers.search.server import ServerStore
from workers.search.store import Where

EXECUTABLE = os.environ.get("SONICMESH_TEST_MILVUS") or shutil.which("milvus-server")
#: Seconds that the server may take to start on a loaded machine.
START = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if EXECUTABLE is None:
        pytest.skip("no milvus-server here; pip install milvus==2.3.5 brings one")
    data, port = tmp_path_factory.mktemp("milvus"), free_port()
    command = [EXECUTABLE, "--data", str(data), "--proxy-port", str(port)]
    with (data / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", process, data / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)  # SIGTERM would leave the server behind
        process.wait(30)


def wait_until_ready(uri: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START
    while True:
        assert process.poll() is None, log.read_text()
        try:
            ServerStore(uri, GraphSettings()).close()
            return
        except StoreUnavailable:
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.5)


class TestServerStore(StoreSuite):
    @pytest.fixture
    def store(self, server: str) -> Iterator[ServerStore]:
        store = ServerStore(server, GraphSettings())
        yield store
        store.close()
        client = MilvusClient(uri=server)
        for name in client.list_collections():
            for alias in client.describe_collection(name)["aliases"]:
                client.drop_alias(alias)
            client.drop_collection(name)
        client.close()


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
