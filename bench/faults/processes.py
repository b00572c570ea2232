"""Faults of broker, workers and clients, with two workers that answer squares."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.faults.load import SERVICE, Load, under_load
from bench.faults.rogue import KINDS
from bench.faults.supervised import BROKER, SupervisedProcesses, fault_worker, wait_until
from bench.faults.tally import Round
from contract.errors import MeshError, Poisoned
from contract.mesh import SILENCE_SECONDS, ManagementClient
from contract.message import Nothing

#: Seconds that a caller gives a request: a process that is started again needs some of them.
TIMEOUT: Final = 60.0
#: Seconds of load before a fault, and right answers after it that end a round.
BEFORE_SECONDS: Final = 0.5
ANSWERS_AFTER: Final = 50
#: Seconds that a process is stopped: the mesh must give it up.
STOPPED_SECONDS: Final = SILENCE_SECONDS + 1.5
#: Seconds without Python code after which a worker ends itself.
HANG_SECONDS: Final = "10"

Act = Callable[[SupervisedProcesses, Load], None]
WORKERS: Final = ("fault_01", "fault_02")


def kill(*names: str) -> Act:
    """Returns a fault: processes get SIGKILL at once."""
    return lambda mesh, _load: mesh.kill(names)


def stop(*names: str) -> Act:
    """Returns a fault: processes get SIGSTOP at once, and SIGCONT later."""

    def act(mesh: SupervisedProcesses, _load: Load) -> None:
        with mesh.stopped(names):
            time.sleep(STOPPED_SECONDS)

    return act


def call(operation: str, expected: type[MeshError] | None = None) -> Act:
    """Returns a fault: one call of an operation that does harm; it must be answered, or fail as expected."""

    def act(mesh: SupervisedProcesses, load: Load) -> None:
        mark = mesh.folder / uuid.uuid4().hex
        try:
            mesh.client.call(SERVICE, operation, {"mark": str(mark)}, timeout=2 * TIMEOUT)
            load.tally.expect(expected is None, f"{operation} was answered")
        except MeshError as error:
            load.tally.expect(expected is not None and isinstance(error, expected), f"{operation}: {error}")

    return act


def hang(mesh: SupervisedProcesses, load: Load) -> None:
    """A worker hangs in C; its call goes to another, and it is started again."""
    before = sum(mesh.starts.values())
    call("hang-once")(mesh, load)
    wait_until(lambda: sum(mesh.starts.values()) > before, "the end of the worker that hangs")


def rogue(kind: str) -> Act:
    """Returns a fault: a third worker misbehaves for a while."""

    def act(mesh: SupervisedProcesses, load: Load) -> None:
        command = [sys.executable, "-m", "bench.faults.rogue", kind, mesh.settings.broker_endpoint]
        (mesh.folder / "mid-reply").unlink(missing_ok=True)
        process = subprocess.Popen(command, env=mesh.environment)
        try:
            wait_until(lambda: mesh.workers(SERVICE) > len(WORKERS) or process.poll() is not None, "the rogue")
            after(load, 4 * ANSWERS_AFTER)
            load.tally.expect(kind != "in-mid-reply" or process.poll() is not None, "the rogue lives")
        finally:
            process.kill()
            process.wait()

    return act


def client_leaves(mesh: SupervisedProcesses, load: Load) -> None:
    """A client with many open requests is killed; none of them stays."""
    code = (
        "from broker.client import MeshClient; import time; "
        f"client = MeshClient({mesh.settings.broker_endpoint!r}); "
        f"[client.submit({SERVICE!r}, 'square', {{'n': 1, 'seconds': 0.05}}, timeout=600) for _ in range(500)]; "
        "time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], env=mesh.environment)
    queues = ManagementClient(mesh.client)

    def many() -> int:
        return queues.queues(Nothing(), timeout=30.0).open

    try:
        wait_until(lambda: many() > 100, "the client's requests")
    finally:
        process.kill()
        process.wait()
    wait_until(lambda: many() < 50, "the end of the client's requests", 10.0)


def after(load: Load, answers: int, seconds: float = 2 * TIMEOUT) -> None:
    """Wait until `answers` more right answers have arrived."""
    enough = load.tally.answered + answers
    wait_until(lambda: load.tally.answered >= enough, "answers", seconds)


FAULTS: Final[dict[str, Act]] = {
    "kill worker": kill("fault_01"),
    "kill both workers": kill(*WORKERS),
    "kill broker": kill("broker"),
    "kill broker, worker": kill("broker", "fault_01"),
    "kill all": kill("broker", *WORKERS),
    "stop worker": stop("fault_01"),
    "stop both workers": stop(*WORKERS),
    "stop broker": stop("broker"),
    "stop broker, worker": stop("broker", "fault_01"),
    "hang in C": hang,
    "segfault on one message": call("segfault", Poisoned),
    "segfault once": call("segfault-once"),
    **{f"reply {kind}": rogue(kind) for kind in KINDS},
    "client leaves": client_leaves,
}


@contextmanager
def opened(folder: Path, **environment: str) -> Iterator[SupervisedProcesses]:
    """A broker and two workers under faults."""
    commands: dict[str, Sequence[str]] = {"broker": BROKER}
    commands |= {name: fault_worker(number) for number, name in enumerate(WORKERS, 1)}
    mesh = SupervisedProcesses(folder, commands, SONICMESH_HANG_S=HANG_SECONDS, **environment)
    try:
        mesh.wait_for(SERVICE, len(WORKERS))
        yield mesh
    finally:
        mesh.close()


def play(mesh: SupervisedProcesses, name: str) -> Round:
    """One round of one of `FAULTS`."""
    mesh.wait_for(SERVICE, len(WORKERS))
    moments: list[float] = []

    def during(load: Load) -> None:
        time.sleep(BEFORE_SECONDS)
        moments.append(time.monotonic())
        FAULTS[name](mesh, load)
        after(load, ANSWERS_AFTER)

    tally = under_load(mesh.settings.broker_endpoint, TIMEOUT, during)
    return Round(name, tally, tally.silence(moments[0]))
