"""A process that loses a thread exits, so that it is started again."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import threading, time
from workers.runtime.leave import leave_with_threads
leave_with_threads()
def fall(): raise LookupError("planted")
threading.Thread(target=fall, name="follower").start()
time.sleep(60)
"""


def test_a_thread_that_dies_takes_the_process_along() -> None:
    # When
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=50, check=False)
    # Then
    assert done.returncode == 1
    assert "follower died" in done.stderr
    assert "planted" in done.stderr
