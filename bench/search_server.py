"""The store on a real Milvus server, which the bench starts: `milvus-server` of the PyPI package `milvus`.

`SONICMESH_TEST_MILVUS` names the executable where it is neither on the PATH nor beside the interpreter.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from bench.report import Row as Figure
from bench.search_data import (
    COLLECTION,
    DIMENSION,
    INSERT,
    NEIGHBOURS,
    SEARCH,
    WISH,
    at_most,
    fresh,
    p50,
    p95,
    planted,
    search,
    write,
)

#: The server's own etcd listens here whatever it is told: one such server a host.
ETCD_PORT = 2380
#: Seconds that the server may take to start, to index what was written, and to stop.
START, INDEXED, STOP = 120, 300, 60
QUERIES = 100


class NotMeasured(Exception):
    """The server cannot be run here; the message says why."""


def figures(count: int) -> list[Figure]:
    """Recall, latency and cost of a row on a server of its own, or a row that says why they were not measured."""
    label = f"server, clusters {count}:"
    try:
        with running() as uri:
            got = fresh(measure, uri, count)
    except NotMeasured as reason:
        return [Figure(label, 0, "figures", f"not measured: {reason}")]
    return [
        Figure(f"{label} recall@{NEIGHBOURS}", got["recall"], ""),
        Figure(f"{label} search, one seed, p50", got["p50"], "ms"),
        at_most(f"{label} search, one seed, p95", got["p95"], "ms", SEARCH, WISH),
        at_most(f"{label} acknowledged insert, per row", got["write"], "ms", INSERT, WISH),
        Figure(f"{label} insert with its part of the index, per row", got["index"], "ms"),
    ]


def measure(uri: str, count: int) -> dict[str, float]:
    """Write, wait for the server's index, search."""
    from workers.search.index.graph import GraphSettings
    from workers.search.server import ServerStore

    vectors = planted(count)
    store = ServerStore(uri, GraphSettings())
    started = time.perf_counter()
    writes = write(store, COLLECTION, vectors, DIMENSION)
    store.flush()
    wait_for_index(uri)
    built = 1000 * (time.perf_counter() - started)
    search(store, vectors, np.arange(3))  # the first searches load the index
    recall, times = search(store, vectors, np.random.default_rng(7).integers(0, count, QUERIES))
    store.close()
    return {
        "recall": recall,
        "p50": p50(times),
        "p95": p95(times),
        "write": sum(writes) / count,
        "index": built / count,
    }


def wait_for_index(uri: str) -> None:
    """Return when no row waits for the index."""
    from pymilvus import MilvusClient

    client = MilvusClient(uri=uri)
    until = time.monotonic() + INDEXED
    for name in client.list_collections():
        while any(client.describe_index(name, index)["pending_index_rows"] for index in client.list_indexes(name)):
            if time.monotonic() > until:
                raise TimeoutError(f"the server did not index {name} within {INDEXED} s")
            time.sleep(0.2)
    client.close()


@contextmanager
def running() -> Iterator[str]:
    """The address of a new server with its data in a temporary folder. Raises `NotMeasured`."""
    program = executable()
    if not _is_free(ETCD_PORT):
        raise NotMeasured(f"port {ETCD_PORT} is taken, probably by another milvus-server")
    with tempfile.TemporaryDirectory(prefix="sm-milvus", ignore_cleanup_errors=True) as folder:
        port, log = _free_port(), Path(folder) / "log"
        with log.open("wb") as output:
            command = [program, "--data", folder, "--proxy-port", str(port)]
            process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            uri = f"http://127.0.0.1:{port}"
            _wait_until_ready(uri, process, log)
            yield uri
        finally:
            process.send_signal(signal.SIGINT)  # SIGTERM would leave the server behind
            process.wait(STOP)


def executable() -> str:
    """The server's program. Raises `NotMeasured` where there is none."""
    beside = Path(sys.executable).parent / "milvus-server"
    found = os.environ.get("SONICMESH_TEST_MILVUS") or shutil.which("milvus-server")
    if found is None and not beside.exists():
        raise NotMeasured("no milvus-server here; pip install milvus==2.3.5 brings one")
    return found or str(beside)


def _wait_until_ready(uri: str, process: subprocess.Popen[bytes], log: Path) -> None:
    from broker.errors import StoreUnavailable
    from workers.search.index.graph import GraphSettings
    from workers.search.server import ServerStore

    until = time.monotonic() + START
    while process.poll() is None and time.monotonic() < until:
        try:
            ServerStore(uri, GraphSettings()).close()
            return
        except StoreUnavailable:
            time.sleep(0.5)
    raise NotMeasured(f"milvus-server was not ready within {START} s: {log.read_text()[-500:]}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
