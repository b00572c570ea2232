"""The store on a real Milvus server, which the bench starts: `milvus-server` of the PyPI package `milvus`.

`SONICMESH_TEST_MILVUS` names the executable if it is neither on the PATH nor beside the interpreter.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from bench.ports import free_port
from bench.report import Row as Figure
from bench.search_data import (
    BATCH,
    COLLECTION,
    DIMENSION,
    INSERT,
    NEIGHBOURS,
    SEARCH,
    WISH,
    at_least,
    at_most,
    fresh,
    p50,
    p95,
    planted,
    search,
    timed,
    track_id,
    track_rows,
    write,
)
from bench.search_models import ONE

#: The server's own etcd always listens here, whatever the configuration: only one such server per host.
ETCD_PORT = 2380
#: Seconds that the server may take to start, to seal and index what was written, and to stop.
START, SETTLED, STOP = 90, 300, 60
#: Fewest rows in a segment for which the server builds an index.
INDEXED_FROM = 1024
QUERIES = 100
#: Requests of many seeds, and how many seeds; lookups, and tracks per lookup; rows written one by one.
REQUESTS, SEEDS, LOOKUPS, TRACKS, SINGLE = 10, 50, 15, 10, 20


class NotMeasured(Exception):
    """The server cannot run here; the message says why."""


def figures(count: int) -> list[Figure]:
    """Returns the figures of a dedicated server, or a row that says why they were not measured."""
    label = f"server, clusters {count}:"
    try:
        with running() as uri:
            got = fresh(measure, uri, count)
    except NotMeasured as reason:
        return [Figure(label, 0, "figures", f"not measured: {reason}")]
    return [
        at_least(f"{label} recall@{NEIGHBOURS}, rows just written", got["recall.new"], "", 0.98),
        at_least(f"{label} recall@{NEIGHBOURS}, settled", got["recall"], "", 0.98),
        Figure(f"{label} search, one seed, p50", got["one.p50"], "ms"),
        at_most(f"{label} search, one seed, p95", got["one.p95"], "ms", SEARCH, WISH),
        Figure(f"{label} search right after an own write, p50", got["own.p50"], "ms"),
        Figure(f"{label} one seed + ranking, p50", got["rank.p50"], "ms"),
        at_most(f"{label} one seed + ranking, p95", got["rank.p95"], "ms", ONE, WISH),
        Figure(f"{label} {SEEDS} seeds + ranking, p50", got["many.p50"], "ms"),
        at_most(f"{label} {SEEDS} seeds + ranking, p95", got["many.p95"], "ms", ONE, WISH),
        Figure(f"{label} lookup of {TRACKS} for a list, p50", got["relaxed.p50"], "ms"),
        Figure(f"{label} lookup of {TRACKS} that misses nothing, p50", got["strong.p50"], "ms"),
        at_most(f"{label} acknowledged insert, {BATCH} rows at once, per row", got["write"], "ms", INSERT, WISH),
        Figure(f"{label} acknowledged insert of one row, p50", got["single.p50"], "ms"),
        Figure(f"{label} insert until settled, per row", got["settled"], "ms"),
    ]


def measure(uri: str, count: int) -> dict[str, float]:
    """Write, search, wait for the server to settle, search again."""
    from contract.reading import read
    from contract.search import RecommendRequest
    from workers.search.recommend.engine import Engine
    from workers.search.settings import SearchSettings
    from workers.search.spaces import Space
    from workers.search.store.index.graph import GraphSettings
    from workers.search.store.server import ServerStore

    vectors = planted(count)
    chosen = np.random.default_rng(7).integers(0, count, QUERIES)
    store = ServerStore(uri, GraphSettings())
    lists = store.relaxed()
    started = time.perf_counter()
    got = {"write": sum(write(store, COLLECTION, vectors, DIMENSION)) / count}
    written = time.perf_counter()
    got["recall.new"], _ = search(store, vectors, chosen)
    searched = time.perf_counter() - written
    store.flush()
    wait_until_settled(uri, count)
    got["settled"] = 1000 * (time.perf_counter() - started - searched) / count
    search(store, vectors, np.arange(3))  # the first searches load what was sealed
    got["recall"], one = search(store, vectors, chosen)
    engine = Engine(lists, {"muq": Space("muq", COLLECTION, DIMENSION)}, SearchSettings())

    def recommend(seeds: int, start: int) -> None:
        numbers = np.roll(chosen, start)[:seeds].tolist()
        params = {"seeds": [{"track_id": track_id(n)} for n in numbers], "diversity": 0.15, "limit": 25}
        engine.recommend(read(RecommendRequest, params))

    def replace(number: int) -> None:
        store.upsert(COLLECTION, track_rows(number, number + 1), vectors[number : number + 1], DIMENSION)

    def after_write(number: int) -> float:
        replace(number)
        return timed(lambda: store.search(COLLECTION, vectors[number : number + 1], NEIGHBOURS))

    recommend(1, 0)  # computes the scale
    tracks = [track_id(n) for n in chosen[:TRACKS].tolist()]
    times = {
        "one": one,
        "rank": [timed(partial(recommend, 1, n)) for n in range(LOOKUPS)],
        "many": [timed(partial(recommend, SEEDS, n)) for n in range(REQUESTS)],
        "relaxed": [timed(lambda: lists.lookup(COLLECTION, tracks)) for _ in range(LOOKUPS)],
        "strong": [timed(lambda: store.lookup(COLLECTION, tracks)) for _ in range(LOOKUPS)],
        "single": [timed(partial(replace, n)) for n in range(SINGLE)],
        "own": [after_write(n) for n in range(SINGLE)],
    }
    store.close()
    got |= {f"{name}.p50": p50(values) for name, values in times.items()}
    return got | {f"{name}.p95": p95(values) for name, values in times.items()}


def wait_until_settled(uri: str, count: int) -> None:
    """Return when all rows are in searchable sealed segments, each with an index if the server will build one."""
    from pymilvus import MilvusClient

    client = MilvusClient(uri=uri)
    until = time.monotonic() + SETTLED
    for name in client.list_collections():
        flat = client.describe_index(name, "embedding")["index_type"] == "FLAT"
        while True:
            segments = client._get_connection().get_query_segment_info(name)
            waiting = [one for one in segments if not (flat or one.indexID or one.num_rows < INDEXED_FROM)]
            if sum(one.num_rows for one in segments) == count and not waiting:
                break
            if time.monotonic() > until:
                raise TimeoutError(f"the server did not settle {name} within {SETTLED} s: {segments}")
            time.sleep(0.2)
    client.close()


@contextmanager
def running() -> Iterator[str]:
    """Run a new server with its data in a temporary folder; yields its address.

    Raises `NotMeasured` if a server cannot run here, `RuntimeError` if it can but did not start.
    """
    program = executable()
    with alone(), tempfile.TemporaryDirectory(prefix="sm-milvus", ignore_cleanup_errors=True) as folder:
        try:
            process, uri = _start(program, Path(folder) / "first")
        except RuntimeError:  # it picks inner ports before it binds them, and another program may be faster
            process, uri = _start(program, Path(folder) / "second")
        try:
            yield uri
        finally:
            _stop(process)


def _start(program: str, folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start a server and wait until it answers; returns it and its address. Raises `RuntimeError`."""
    folder.mkdir()
    port, log = free_port(), folder / "log"
    with log.open("wb") as output:
        command = [program, "--data", str(folder), "--proxy-port", str(port)]
        process = subprocess.Popen(command, stdout=output, stderr=output)
    uri = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(uri, process, [log, folder / "logs" / "milvus-stderr.log"])
    except BaseException:
        _stop(process)
        raise
    return process, uri


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)  # SIGTERM would leave the server behind
    process.wait(STOP)


def executable() -> str:
    """Returns the server's executable. Raises `NotMeasured` if there is none."""
    beside = Path(sys.executable).parent / "milvus-server"
    found = os.environ.get("SONICMESH_TEST_MILVUS") or shutil.which("milvus-server") or shutil.which(str(beside))
    if found is None:
        raise NotMeasured("no milvus-server here; pip install milvus==2.3.5 brings one")
    return found


def wait_until_ready(uri: str, process: subprocess.Popen[bytes], logs: Sequence[Path], seconds: float = START) -> None:
    """Return once the server answers. Raises `RuntimeError`."""
    from contract.errors import StoreUnavailable
    from workers.search.store.index.graph import GraphSettings
    from workers.search.store.server import ServerStore

    until = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < until:
        try:
            ServerStore(uri, GraphSettings()).close()
            return
        except StoreUnavailable:
            time.sleep(0.5)
    happened = f"was not ready within {seconds:.0f} s" if process.poll() is None else f"ended with {process.returncode}"
    said = " ".join(log.read_text(errors="replace")[-500:] for log in logs if log.exists())
    raise RuntimeError(f"milvus-server {happened}: {said}")


@contextmanager
def alone() -> Iterator[None]:
    """Hold the lock: only one server may start here. Raises `NotMeasured`."""
    with (Path(tempfile.gettempdir()) / "sonicmesh-milvus.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotMeasured("another test or bench runs its milvus-server") from None
        if not _is_free(ETCD_PORT):
            raise NotMeasured(f"port {ETCD_PORT} is taken, probably by another milvus-server")
        yield


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
