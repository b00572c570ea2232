"""A small box: real control groups (version 1) with a memory limit and a CPU quota. Needs root."""

from __future__ import annotations

import contextlib
import subprocess
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Final

MOUNTED: Final = Path("/sys/fs/cgroup")
PERIOD: Final = 100_000


class Box:
    """Groups below `memory`, `cpu` and `cpuset`; `command` runs a command inside."""

    def __init__(self, memory: int, processors: float, cpus: str = "") -> None:
        name = f"sonicmesh-{uuid.uuid4().hex[:8]}"
        self.folders = {kind: MOUNTED / kind / name for kind in ("memory", "cpu", *(["cpuset"] if cpus else []))}
        for folder in self.folders.values():
            folder.mkdir()
        (self.folders["memory"] / "memory.limit_in_bytes").write_text(str(memory))
        (self.folders["cpu"] / "cpu.cfs_period_us").write_text(str(PERIOD))
        (self.folders["cpu"] / "cpu.cfs_quota_us").write_text(str(int(processors * PERIOD)))
        if cpus:
            (self.folders["cpuset"] / "cpuset.mems").write_text((MOUNTED / "cpuset/cpuset.mems").read_text())
            (self.folders["cpuset"] / "cpuset.cpus").write_text(cpus)

    def command(self, arguments: Sequence[str]) -> list[str]:
        """The command line that enters the box before it runs."""
        enter = " && ".join(f"echo $$ > {folder}/cgroup.procs" for folder in self.folders.values())
        return ["sh", "-c", f'{enter} && exec "$@"', "sh", *arguments]

    def run(self, arguments: Sequence[str], **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(arguments), capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload,no-any-return]

    def peak(self) -> int:
        """The most bytes that all processes of the box held at once, caches of files included."""
        return int((self.folders["memory"] / "memory.max_usage_in_bytes").read_text())

    def refused(self) -> int:
        """How often the limit was met."""
        return int((self.folders["memory"] / "memory.failcnt").read_text())

    def close(self) -> None:
        for folder in self.folders.values():
            deadline = time.monotonic() + 10
            while folder.exists() and time.monotonic() < deadline:
                with contextlib.suppress(OSError):
                    folder.rmdir()
                    break
                time.sleep(0.1)
