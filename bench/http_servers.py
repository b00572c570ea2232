"""The servers under test, each with one worker, in their own processes, checked before they are measured."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bench.http_load import HOST, BadAnswer, check
from bench.ports import free_port

#: Seconds that a server may take to start: Ray is slowest, then LitServe, which imports torch.
START_S: Final = 120.0
#: Seconds between checks, and seconds for a server to exit before it is killed.
LOOK_S: Final = 0.1
END_S: Final = 20.0
REPOSITORY: Final = Path(__file__).resolve().parents[1]
#: Environment variables of the caller that must not affect the servers.
OURS: Final = ("SONICMESH_", "NAVIDROME_", "TEXT_EMBEDDING_", "BATCH_JOB_")
#: Arguments of each peer's module; `PORT` and `FOLDER` stand for values chosen at start-up. By default mosec names its
#: sockets after the folder below the temporary one.
PEERS: Final[Mapping[str, Sequence[str]]] = {
    "mosec": ("mosec_echo", "--address", HOST, "--port", "PORT", "--path", "FOLDER/mosec", "--log-level", "warning"),
    "LitServe": ("litserve_echo", "PORT"),
    "Ray Serve": ("ray_echo", "PORT"),
}


class CannotStart(Exception):
    """A server failed to start; the message holds the end of its log."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers on `port`, and its processes by name."""

    port: int
    pids: Mapping[str, int] = field(default_factory=dict)


@contextmanager
def mesh(
    folder: Path,
    repository: Path = REPOSITORY,
    through: Sequence[str] = (),
    variables: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Server]:
    """Run a checkout's broker, gateway and one worker, below `folder`, whose name must be short.

    `through`: a module that runs each process's own, and its arguments; `variables`: more of the environment. Raises
    `CannotStart`.
    """
    port = free_port()
    places = {"SONICMESH_RUN": "run", "SONICMESH_DATA": "data", "LOG_DIR": "logs", "PID_DIR": "pids"}
    environment = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
    environment |= {variable: str(folder / name) for variable, name in places.items()}
    environment |= {"SONICMESH_HOME": str(folder), "NAVIDROME_EMBED_SOCKET": "off", **variables}
    environment |= {"NAVIDROME_RECOMMENDER_PORT": str(port), "TEXT_EMBEDDING_PORT": str(free_port())}
    commands = {
        "broker": ("broker",),
        "library": ("bench.http_worker", "library"),
        "worker": ("bench.http_worker", "embed"),
        "gateway": ("gateway",),
    }
    with ExitStack() as stack:
        processes = {
            name: stack.enter_context(
                spawned([sys.executable, "-m", *through, *command], environment, folder / f"{name}.log", repository)
            )
            for name, command in commands.items()
        }
        _await(processes["gateway"], port, folder / "gateway.log")
        yield Server(port, {name: process.pid for name, process in processes.items()})


@contextmanager
def bare(folder: Path) -> Iterator[Server]:
    """Run bare aiohttp with our own interpreter. Raises `CannotStart`."""
    with serving([sys.executable, "-m", "bench.http_bare", "PORT"], folder, "bare") as server:
        yield server


@contextmanager
def floor(folder: Path) -> Iterator[Server]:
    """Run bare aiohttp, the C proxy and a worker: the mesh's hops and nothing else. Raises `CannotStart`."""
    front, back = (f"ipc://{folder}/{name}.ipc" for name in ("front", "back"))
    behind = {"proxy": ["bench.load", "proxy", front, back], "floor-worker": ["bench.http_floor", "worker", back]}
    with ExitStack() as stack:
        for name, command in behind.items():
            log = folder / f"{name}.log"
            stack.enter_context(spawned([sys.executable, "-m", *command], dict(os.environ), log))
        command = [sys.executable, "-m", "bench.http_floor", "gateway", front, "PORT"]
        yield stack.enter_context(serving(command, folder, "floor"))


@contextmanager
def peer(name: str, python: Path, folder: Path) -> Iterator[Server]:
    """Run one of `PEERS` with the peers' interpreter. Raises `CannotStart`."""
    module, *arguments = PEERS[name]
    with serving([str(python), "-m", f"bench.http_peers.{module}", *arguments], folder, module) as server:
        yield server


@contextmanager
def serving(
    command: Sequence[str], folder: Path, label: str, probe: Callable[[int], object] = check, seconds: float = START_S
) -> Iterator[Server]:
    """Run a server; `PORT` and `FOLDER` in its command are replaced, and `probe` asks it until it answers.

    Raises `CannotStart`.
    """
    port = free_port()
    ready = [part.replace("PORT", str(port)).replace("FOLDER", str(folder)) for part in command]
    log = folder / f"{label}.log"
    with spawned(ready, dict(os.environ), log) as process:
        _await(process, port, log, probe, seconds)
        yield Server(port, {label: process.pid})


@contextmanager
def spawned(
    command: Sequence[str], environment: Mapping[str, str], log: Path, repository: Path = REPOSITORY
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in its own session, so that everything it started ends with it."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=repository, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_S)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _await(
    process: subprocess.Popen[bytes],
    port: int,
    log: Path,
    probe: Callable[[int], object] = check,
    seconds: float = START_S,
) -> None:
    """Wait until the server answers correctly."""
    until = time.monotonic() + seconds
    while True:
        try:
            probe(port)
        except (BadAnswer, OSError, HTTPException, ValueError) as error:
            if process.poll() is None and time.monotonic() < until:
                time.sleep(LOOK_S)
                continue
            end = log.read_text(errors="replace")[-2000:]
            raise CannotStart(f"{' '.join(map(str, process.args))}: {error}\n{end}") from None  # type: ignore[arg-type]
        return
