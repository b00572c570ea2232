"""A Milvus server that goes away and returns, below a mesh that answers lists from it."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from bench.faults.load import Load
from bench.faults.meshes import ANSWERS, TracksMesh, opened, under_lists
from bench.faults.processes import after
from bench.faults.tally import Round
from bench.ports import free_port
from bench.search_server import NotMeasured, alone, executable, wait_until_ready
from contract.errors import StoreUnavailable

#: Faults: what happens to the server.
FAULTS: Final[Mapping[str, signal.Signals]] = {"Milvus: kill": signal.SIGKILL, "Milvus: stop": signal.SIGSTOP}
#: Seconds that the server is away, and that the first answers may take once it is back.
AWAY_SECONDS, BACK_SECONDS = 3.0, 120.0
#: Seconds that the server may take to start on a busy machine.
START_SECONDS: Final = 300.0


class Server:
    """A Milvus server with its data in `folder`; the processes of its group are one."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        port = free_port()
        self.uri = f"http://127.0.0.1:{port}"
        self._logs = [folder / "log", folder / "logs" / "milvus-stderr.log"]
        self._command = [executable(), "--data", str(folder), "--proxy-port", str(port)]
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it prints every attempt to connect
        with self._logs[0].open("ab") as output:
            process = subprocess.Popen(self._command, stdout=output, stderr=output, start_new_session=True)
        try:
            wait_until_ready(self.uri, process, self._logs, START_SECONDS)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        return process

    def away(self, how: signal.Signals, seconds: float) -> None:
        """Kill or stop it, and bring it back after `seconds`."""
        os.killpg(self._process.pid, how)
        time.sleep(seconds)
        if how == signal.SIGKILL:
            self._process.wait()
            self._process = self._start()
        else:
            os.killpg(self._process.pid, signal.SIGCONT)

    def close(self) -> None:
        with suppress(ProcessLookupError):  # it did not come back
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@contextmanager
def started(folder: Path) -> Iterator[Server]:
    """A server of our own. Raises `NotMeasured` if none can run here."""
    with alone():
        server = Server(folder)
        try:
            yield server
        finally:
            server.close()


def play(folder: Path, names: Collection[str], rounds: int) -> Iterator[Round]:
    """Rounds of the faults named; none, with a line that says so, where there is no server."""
    try:
        with started(folder / "milvus") as server, opened(folder, NAVIDROME_MILVUS_URI=server.uri) as mesh:
            for _ in range(rounds):
                for name in names:
                    yield one(mesh, server, name)
    except NotMeasured as reason:
        sys.stderr.write(f"skipped: {', '.join(names)}: {reason}\n")


def one(mesh: TracksMesh, server: Server, name: str) -> Round:
    """One round. While the server is away, lists may fail with the error that says so."""
    moments: list[float] = []
    silences: list[float] = []

    def during(loads: Sequence[Load]) -> None:
        time.sleep(0.5)
        moments.append(time.monotonic())
        server.away(FAULTS[name], AWAY_SECONDS)
        for load in loads:
            after(load, ANSWERS, BACK_SECONDS)
        silences.extend(load.tally.silence(moments[0]) for load in loads)

    tally = under_lists(mesh, during)
    unavailable = tally.failed.pop(StoreUnavailable.code, 0)
    tally.sent -= unavailable
    tally.trouble = [each for each in tally.trouble if "Milvus" not in each and "store" not in each]
    return Round(f"{name} ({unavailable} told so)", tally, max(silences))
