"""Keeps the cores awake while something is measured.

The core of a virtual machine that has nothing to do is given back to the host, which takes tens of microseconds to
return it. A request that passes through several processes waits for that at every hop; a request within one process
does not.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: Does nothing on one core, and only if no other process wants it.
SPIN: Final = """
import os, sys
os.sched_setaffinity(0, {int(sys.argv[1])})
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
while True:
    pass
"""


@contextmanager
def cores_awake() -> Iterator[None]:
    """No core sleeps inside the context (Linux only)."""
    spinning = [subprocess.Popen([sys.executable, "-c", SPIN, str(core)]) for core in sorted(os.sched_getaffinity(0))]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()
