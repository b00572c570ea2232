"""The gateway's log: the lines of one turn of the event loop go out in one write.

Under load a turn answers dozens of requests, and each write costs more than its line: here, and in supervisord, which
wakes up for it.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import nullcontext
from typing import TextIO


class LineHandler(logging.StreamHandler[TextIO]):
    """Writes at the end of the loop's turn; at once where no loop runs, and in other threads."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.append(self.format(record))
        except Exception:  # noqa: BLE001  as logging's own handlers: a bad line must not break a request
            self.handleError(record)
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
            return
        if len(self._lines) == 1:
            loop.call_soon(self.flush)

    def flush(self) -> None:
        """Write what waits."""
        with self.lock or nullcontext():
            lines, self._lines = self._lines, []
            if lines:
                self.stream.write("\n".join(lines) + "\n")
            super().flush()
