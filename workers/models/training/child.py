"""A training in a process of its own, which may bring torch: started, listened to, ended."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any, Final

import orjson

#: Seconds that a training gets to end by itself once it is told to.
END_SECONDS: Final = 3.0


class TrainingProcess:
    """`python -m workers.models.training MODEL`. It dies with the thread that starts it.

    `told` gets each document that it prints, `ended` its exit code after the last of them; both in another thread.
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
        """Terminate it, unless it has ended."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._thread.join(END_SECONDS)

    def _listen(self) -> None:
        """One map a line; what is none was printed by a library."""
        with self._process:
            for line in self._process.stdout or ():
                with contextlib.suppress(orjson.JSONDecodeError):
                    document = orjson.loads(line)
                    if isinstance(document, dict):
                        self._told(document)
        self._ended(self._process.returncode)
