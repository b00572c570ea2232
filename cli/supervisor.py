"""Starts, queries and stops supervisord through its XML-RPC interface on a unix socket."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

from supervisor.xmlrpc import SupervisorTransport

from cli.programs import socket_path, supervisor_file
from contract.errors import Internal, MeshError
from contract.settings import MeshSettings, home

#: Seconds that the whole mesh may take to stop: workers drain first.
STOP_SECONDS: Final = 90.0
#: Seconds that processes left by an earlier mesh get to exit before they are killed.
LEFTOVER_SECONDS: Final = 25.0
#: States in which a process can be stopped.
STOPPABLE: Final = {"RUNNING", "STARTING", "BACKOFF"}
#: States that a process does not leave on its own.
STOPPED: Final = {"STOPPED", "FATAL"}
#: Packages that the mesh runs as processes (`python -m PACKAGE...`).
PROCESS_PACKAGES: Final = {"broker", "workers", "gateway"}


class NotRunning(MeshError):
    """supervisord does not run for this project."""

    code = "not_running"


class Supervisor:
    """The supervisord of one project folder."""

    def __init__(self, settings: MeshSettings) -> None:
        self._socket = socket_path(settings)

    def _rpc(self) -> Any:
        transport = SupervisorTransport(None, None, serverurl=f"unix://{self._socket}")
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor

    def _call(self, method: str, *args: Any) -> Any:
        try:
            return getattr(self._rpc(), method)(*args)
        except (OSError, xmlrpc.client.ProtocolError, xmlrpc.client.ResponseError) as error:
            raise NotRunning("the mesh is not running; start it with `sonicmesh run`") from error
        except xmlrpc.client.Fault as fault:
            raise Internal(f"supervisord refused {method}{args}: {fault.faultString}") from fault

    def running(self) -> bool:
        """Return whether supervisord answers."""
        try:
            return bool(self._call("getState")["statename"] == "RUNNING")
        except NotRunning:
            return False

    def processes(self) -> list[dict[str, Any]]:
        """Return `name`, `group`, `statename`, `pid`, `description`, ... of every declared process."""
        return cast(list[dict[str, Any]], self._call("getAllProcessInfo"))

    def start(self, process: str) -> None:
        """Start `group:name` unless it is running."""
        if self._call("getProcessInfo", process)["statename"] not in {"RUNNING", "STARTING"}:
            self._call("startProcess", process, False)

    def stop(self, process: str) -> None:
        """Stop `group:name` unless it is stopped; it drains first."""
        if self._call("getProcessInfo", process)["statename"] in STOPPABLE:
            self._call("stopProcess", process, False)

    def launch(self) -> None:
        """Start supervisord as a daemon. Raises `Internal` with its output."""
        environment = os.environ | {"SONICMESH_HOME": str(home())}
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
        started = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(supervisor_file())],
            cwd=home(),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if started.returncode:
            raise Internal(f"supervisord did not start: {(started.stderr or started.stdout).strip()}")

    def restart(self) -> None:
        """Stop every process, let supervisord read its files again and start what they say. Its pid stays."""
        deadline = time.monotonic() + STOP_SECONDS
        self._stop_all(deadline)
        self._call("restart")
        while not self._is_back():
            if time.monotonic() > deadline:
                raise Internal(f"supervisord did not come back within {STOP_SECONDS:.0f} s; see its log")
            time.sleep(0.05)

    def _is_back(self) -> bool:
        try:
            return self.running()
        except Internal:  # it answers nothing else while it restarts
            return False

    def shutdown(self) -> None:
        """Stop every process, then supervisord; return once it is gone."""
        pid = int(self._call("getPID"))
        deadline = time.monotonic() + STOP_SECONDS
        self._stop_all(deadline)
        self._call("shutdown")
        while _alive(pid):
            if time.monotonic() > deadline:
                raise Internal(f"supervisord (pid {pid}) did not stop within {STOP_SECONDS:.0f} s; see its log")
            time.sleep(0.05)

    def _stop_all(self, deadline: float) -> None:
        """Stop all but the broker at once; supervisord alone would stop one group after the other.

        The broker goes last, because it carries the replies to the requests that workers still hold.
        """
        working = [p for p in self.processes() if p["name"] != "broker" and p["statename"] in STOPPABLE]
        for process in working:
            self._call("stopProcess", f"{process['group']}:{process['name']}", False)
        while self._stopping() and time.monotonic() < deadline:
            time.sleep(0.05)
        self._remove_stopped()

    def _remove_stopped(self) -> None:
        """Remove the groups that have stopped: at shutdown, supervisord takes a second for each remaining group."""
        processes = self.processes()
        running = {process["group"] for process in processes if process["statename"] not in STOPPED}
        for group in {process["group"] for process in processes} - running:
            self._call("removeProcessGroup", group)

    def _stopping(self) -> bool:
        return any(process["statename"] == "STOPPING" for process in self.processes())


def _alive(pid: int) -> bool:
    """Return whether a process still holds resources: a dead one does until its last thread has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    return "\nState:\tZ" not in status or "\nThreads:\t1\n" not in status


def leftovers() -> Iterator[int]:
    """Yield the process ids of an earlier mesh of this folder whose supervisord is gone."""
    mark = os.fsencode(f"SONICMESH_HOME={home()}")
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = entry.joinpath("cmdline").read_bytes().split(b"\0")
            environment = entry.joinpath("environ").read_bytes().split(b"\0")
        except OSError:
            continue
        module = command[2].decode(errors="replace") if len(command) > 2 and command[1] == b"-m" else ""
        if mark in environment and module.partition(".")[0] in PROCESS_PACKAGES:
            yield int(entry.name)


def clear_leftovers() -> int:
    """Let the processes of an earlier mesh finish, then kill them. Returns their number."""
    pids = list(leftovers())
    for pid in pids:
        _signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + LEFTOVER_SECONDS
    while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in pids:
        if _alive(pid):
            _signal(pid, signal.SIGKILL)
    return len(pids)


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
