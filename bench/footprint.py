"""`python -m bench.footprint`: what a mesh takes in a small box: memory of each process, CPU while it does nothing.

Runs `sonicmesh serve` with the demo library in control groups of version 1 (needs root), follows it until everything is
embedded, then watches it do nothing. `--folder` keeps the demo library for the next run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import orjson

from bench.box import Box
from bench.processes import cpu_seconds, proportional_bytes
from contract.jobs import ENDED

REPOSITORY: Final = Path(__file__).resolve().parent.parent
MIB: Final = 2**20
#: Seconds of doing nothing that are watched.
IDLE_SECONDS: Final = 60.0
#: What belongs to the vectors and the jobs, and is made again.
MADE_ANEW: Final = ("milvus.db", "state.db", "uploads.db")


class Watched:
    """The processes of the mesh: their names, peaks of resident memory, CPU seconds."""

    def __init__(self, home: Path) -> None:
        self._mark = os.fsencode(f"SONICMESH_HOME={home}")
        self.peaks: dict[str, int] = {}

    def look(self) -> None:
        """Remember the peaks of the processes that live now."""
        for pid, name in self.processes():
            self.peaks[name] = max(self.peaks.get(name, 0), _status(pid, "VmHWM"))

    def processes(self) -> list[tuple[int, str]]:
        """Ids and names."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                words = entry.joinpath("cmdline").read_bytes().decode().split("\0")
                ours = self._mark in entry.joinpath("environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if ours and "-m" in words and words[words.index("-m") + 1] in NAMES:
                module, *rest = words[words.index("-m") + 1 :]
                kind = " ".join(rest[:2] if rest[:1] == ["embed"] else rest[:1]) if module == "workers" else ""
                found.append((int(entry.name), kind or NAMES[module]))
        return found

    def resident(self) -> int:
        """Bytes of all processes now, shared pages divided among those that share them."""
        return sum(proportional_bytes(pid) for pid, _name in self.processes())

    def cpu_seconds(self) -> float:
        """CPU seconds of all processes since they started."""
        return sum(cpu_seconds(pid) for pid, _name in self.processes())


#: Modules of the mesh's processes, and what to call them.
NAMES: Final = {
    "cli.main": "start",
    "cli.foreground": "supervisord",
    "broker": "broker",
    "broker.serve": "broker",
    "gateway": "gateway",
    "workers": "workers",
}


def measure(home: Path, memory: int, processors: float) -> dict[str, Any]:
    """Run the mesh in the box until it has embedded everything and has then done nothing for a while."""
    home.mkdir(parents=True, exist_ok=True)
    for name in MADE_ANEW:
        for path in (home / "data").glob(f"{name}*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    box, watched = Box(memory, processors), Watched(home)
    environment = os.environ | {
        "SONICMESH_HOME": str(home),
        "NAVIDROME_EMBED_SOCKET": "off",
        "PYTHONPATH": str(REPOSITORY),
    }
    command = box.command([sys.executable, "-m", "cli.main", "serve"])
    began = time.monotonic()
    with (home / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        tracks = _follow(home, environment, watched)
        seconds = time.monotonic() - began
        cpu = watched.cpu_seconds()
        time.sleep(IDLE_SECONDS)
        idle = 60 * (watched.cpu_seconds() - cpu) / IDLE_SECONDS
        return {
            "memory": memory,
            "processors": processors,
            "tracks": tracks,
            "seconds": round(seconds, 1),
            "peaks_mib": {name: round(size / MIB) for name, size in sorted(watched.peaks.items())},
            "idle_mib": round(watched.resident() / MIB),
            "idle_cpu_seconds_per_minute": round(idle, 2),
            "box_peak_mib": round(box.peak() / MIB),
            "limit_met": box.refused(),
            "killed": "oom_kill 0" not in (box.folders["memory"] / "memory.oom_control").read_text(),
        }
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)
        box.close()


def _follow(home: Path, environment: dict[str, str], watched: Watched) -> int:
    """Return the number of tracks once the job has ended."""
    while True:
        for _ in range(10):
            watched.look()
            time.sleep(0.5)
        asked = [sys.executable, "-m", "cli.main", "jobs", "--json"]
        done = subprocess.run(asked, env=environment, capture_output=True, text=True, check=False, cwd=home)
        if done.returncode == 0:
            jobs = orjson.loads(done.stdout)
            ended = [job for job in jobs if job["status"] in ENDED]
            if ended:
                return int(ended[0]["total_tracks"])


def _status(pid: int, field: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(f"{field}:")), 0)


def main() -> None:
    """Measure, and print one JSON document."""
    parser = argparse.ArgumentParser(prog="python -m bench.footprint", description=__doc__)
    parser.add_argument("--memory", type=int, default=10**9, help="bytes that the box has")
    parser.add_argument("--processors", type=float, default=1.0, help="processors that the box has")
    parser.add_argument("--folder", type=Path, help="folder of the mesh; default: a temporary one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sm-footprint-") as folder:
        home = arguments.folder or Path(folder)
        found = measure(home.resolve(), arguments.memory, arguments.processors)
    sys.stdout.write(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")


if __name__ == "__main__":
    main()
