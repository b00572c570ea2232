"""The processes of a running mesh: those that supervisord gave up on or was told to stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cli.doctor.finding import Findings, note, ok, wrong
from cli.programs import CORE

BAD_STATES: Final = {"FATAL", "BACKOFF", "EXITED", "UNKNOWN"}
STANDING: Final = {"STOPPED", "STOPPING"}
#: Seconds up to which a process is young.
YOUNG_SECONDS: Final = 20
#: Bytes to read at the end of a log, and characters to show of its last line.
TAIL_BYTES: Final = 4096
MOST_TOLD: Final = 200

Process = Mapping[str, Any]


def check_processes(processes: Sequence[Process], logs: Path) -> Findings:
    """Check for processes that supervisord could not keep running, and parts of the mesh that were stopped by hand."""
    bad = [process for process in processes if process["statename"] in BAD_STATES]
    for process in bad:
        text = f"{process['statename'].lower()}: {process['description']}{last_words(process['name'], logs)}"
        advice = f"{logs}/{process['name']}.log says why; fix it, then `{start(process)}`"
        yield wrong(f"process {process['name']}", text, advice)
    stopped = [p for p in processes if p["name"] in CORE and p["statename"] in STANDING]
    for process in stopped:
        yield wrong(f"process {process['name']}", "was stopped; the mesh needs it", f"`{start(process)}`")
    yield from _restless(processes, logs)
    if not bad and not stopped:
        running = sum(process["statename"] == "RUNNING" for process in processes)
        yield ok("processes", f"{running} run")


def _restless(processes: Sequence[Process], logs: Path) -> Findings:
    """Report processes that started long after the others.

    supervisord restarts a process that survives its first second as often as it dies, and never gives up.
    """
    running = [process for process in processes if process["statename"] in {"RUNNING", "STARTING"}]
    first = min((process["start"] for process in running if process["start"]), default=0)
    for process in running:
        age = process["now"] - process["start"]
        if age < YOUNG_SECONDS < process["start"] - first:
            text = f"was started {age} s ago, long after the others{last_words(process['name'], logs)}"
            advice = f"it may be crashing repeatedly: check again in a minute, and see {logs}/{process['name']}.log"
            yield note(f"process {process['name']}", text, advice)


def start(process: Process) -> str:
    """Return the command that starts a process."""
    name, group = process["name"], process["group"]
    return f"supervisorctl start {name if name == group else f'{group}:{name}'}"


def last_words(name: str, logs: Path) -> str:
    """Return the end of a process's log after a semicolon; empty if there is none."""
    try:
        with (logs / f"{name}.log").open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - TAIL_BYTES))
            lines = file.read().decode(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return f"; its log ends with: {lines[-1].strip()[:MOST_TOLD]}" if lines else ""


def awaken(service: str, model: str, processes: Sequence[Process], logs: Path) -> str:
    """Say what to do about a service without a worker; `model` is empty for the parts of the mesh itself."""
    mine = [process for process in processes if process["group"] == (model or service)]
    if any(process["statename"] in {"RUNNING", "STARTING"} for process in mine):
        names = ", ".join(f"{logs}/{p['name']}.log" for p in mine if p["statename"] in {"RUNNING", "STARTING"})
        return f"its process is running but does not register: {names} says why"
    if any(process["statename"] in BAD_STATES for process in mine):
        return "see the line of its process"
    return f"start one with `sonicmesh scale {model}=1`" if model else f"`supervisorctl start {service}`"
