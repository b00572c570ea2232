"""Run a training in its own process, which may import torch: start it, read its output, end it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any, Final

import orjson

#: Seconds for a training to end after SIGTERM.
END_SECONDS: Final = 3.0


class TrainingProcess:
    """A process `python -m workers.models.training MODEL`, which dies with the thread that starts it.

    Another thread calls `told` with each document that the process prints, then `ended` with its exit code.
    """

    def __init__(
        self,
        model: str,
        encoder: str | None,
        told: Callable[[dict[str, Any]], None],
        ended: Callable[[int], None],
    ) -> None:
        command = [sys.executable, "-m", "workers.models.training", model]
        if encoder is not None:
            command += ["--encoder", encoder]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self._told = told
        self._ended = ended
        self._thread = threading.Thread(target=self._listen, name="training", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def end(self) -> None:
        """Terminate the process if it is still running."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._thread.join(END_SECONDS)

    def _listen(self) -> None:
        """Read one JSON object per line, skipping other lines, which libraries print."""
        with self._process:
            for line in self._process.stdout or ():
                with contextlib.suppress(orjson.JSONDecodeError):
                    document = orjson.loads(line)
                    if isinstance(document, dict):
                        self._told(document)
        self._ended(self._process.returncode)
