"""A broker and a C proxy side by side, an echo worker behind each, and a client that can load either."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import zmq

from bench.processes import cpu_seconds, resident_bytes
from broker.wire import CLIENT, CLIENT_FINAL, CLIENT_REQUEST, FINAL, HEARTBEAT, READY, WORKER, Header, pack_map

SERVICE = b"bench"
#: Requests that the worker may hold: more than any load has in flight.
CREDIT = 256
#: Distinct request ids, used in turn; more than any load has in flight.
IDS = 1024
#: Milliseconds after which a reply counts as lost.
PATIENCE_MS = 30_000


@dataclass(frozen=True, slots=True)
class Load:
    """Bytes in a request's blob, and concurrent requests."""

    size: int
    window: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Replies, replies a second, and the median seconds from request to reply."""

    replies: int
    rate: float
    p50: float


class Client:
    """A plain DEALER socket: the subject is the middle, not a client library."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], endpoint: str) -> None:
        self._socket = context.socket(zmq.DEALER)
        self._socket.linger = 0
        self._socket.rcvtimeo = PATIENCE_MS
        self._socket.connect(endpoint)
        self._headers = [Header.new("echo", 3600.0).pack() for _ in range(IDS)]

    def run(self, load: Load, seconds: float) -> Figures:
        """Keep the window full for `seconds`. Replies arrive in request order: there is one worker."""
        blob, params = os.urandom(load.size), pack_map({})
        sent: list[float] = []
        waits: list[float] = []
        number = 0
        start = time.perf_counter()
        while (now := time.perf_counter()) < start + seconds or number < 2 * load.window:
            header = self._headers[number % IDS]
            sent.append(now)
            self._socket.send_multipart([CLIENT, CLIENT_REQUEST, SERVICE, header, params, blob], copy=False)
            number += 1
            if number >= load.window:
                self._receive()
                waits.append(time.perf_counter() - sent[len(waits)])
        rate = len(waits) / (time.perf_counter() - start)
        while len(waits) < number:
            self._receive()
            waits.append(time.perf_counter() - sent[len(waits)])
        return Figures(number, rate, statistics.median(waits))

    def _receive(self) -> None:
        self._socket.recv_multipart(copy=False)

    def close(self) -> None:
        self._socket.close()


@dataclass(frozen=True, slots=True)
class Middle:
    """A client, and the process between it and its worker."""

    client: Client
    pid: int

    def run(self, load: Load, seconds: float) -> Figures:
        return self.client.run(load, seconds)

    def cpu_seconds(self) -> float:
        """Processor time of the process so far; 0 if the system does not report it."""
        return cpu_seconds(self.pid)

    def resident_bytes(self) -> int:
        """Memory of the process; 0 if the system does not report it."""
        return resident_bytes(self.pid)


@dataclass(frozen=True, slots=True)
class Rig:
    """Both middles, ready for load."""

    proxy: Middle
    broker: Middle


@contextmanager
def running(folder: Path) -> Iterator[Rig]:
    """Start everything below `folder`, whose name must be short."""
    places = {"SONICMESH_RUN": "run", "SONICMESH_DATA": "data", "LOG_DIR": "logs", "PID_DIR": "pids"}
    environment = os.environ | {variable: str(folder / name) for variable, name in places.items()}
    environment |= {"SONICMESH_LOG_LEVEL": "warning", "NAVIDROME_EMBED_SOCKET": "off"}
    environment |= {"SONICMESH_BROKER": f"ipc://{folder}/broker.ipc"}
    front, back, router = (f"ipc://{folder}/{name}.ipc" for name in ("front", "back", "broker"))
    commands = (
        ["broker"],
        ["bench.load", "proxy", front, back],
        ["bench.load", "echo", back],
        ["bench.load", "work", router],
    )
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    processes = [subprocess.Popen([sys.executable, "-m", *command], env=environment) for command in commands]
    clients = [Client(context, front), Client(context, router)]
    try:
        for client in clients:
            client.run(Load(200, 1), 0.2)
        yield Rig(Middle(clients[0], processes[1].pid), Middle(clients[1], processes[0].pid))
    finally:
        for process in processes:
            process.kill()
            process.wait()
        for client in clients:
            client.close()
        context.term()


def proxy(front: str, back: str) -> None:
    """Run the C proxy."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    frontend, backend = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
    frontend.bind(front)
    backend.bind(back)
    zmq.proxy(frontend, backend)


def echo(endpoint: str) -> None:
    """The worker behind the proxy: `[client, MDPC02, request, service, *body]` goes back as a reply."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    socket = context.socket(zmq.DEALER)
    socket.connect(endpoint)
    while True:
        frames = socket.recv_multipart(copy=False)
        socket.send_multipart([frames[0], CLIENT, CLIENT_FINAL, SERVICE, *frames[4:]], copy=False)


def work(endpoint: str) -> None:
    """The same worker behind the broker: `[MDPW02, request, token, empty, *body]` goes back as a reply."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    socket = context.socket(zmq.DEALER)
    socket.connect(endpoint)
    socket.send_multipart([WORKER, READY, SERVICE, pack_map({"credit": CREDIT, "worker": "bench_01"})])
    while True:
        frames = socket.recv_multipart(copy=False)
        if len(frames) < 4:
            socket.send_multipart([WORKER, HEARTBEAT])
        else:
            socket.send_multipart([WORKER, FINAL, *frames[2:]], copy=False)


if __name__ == "__main__":
    roles: dict[str, Callable[..., None]] = {"proxy": proxy, "echo": echo, "work": work}
    roles[sys.argv[1]](*sys.argv[2:])
