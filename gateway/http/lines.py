"""The gateway's log: all lines of one event-loop turn go out in a single write.

Under load a turn answers dozens of requests. Each write costs more than the line itself, here and in supervisord,
which wakes up for it.
"""

from __future__ import annotations

import asyncio
import logging

from broker.log_pipe import LogHandler


class LineHandler(LogHandler):
    """Writes at the end of the loop's turn, or at once if no loop runs in this thread."""

    def emit(self, record: logging.LogRecord) -> None:
        if not self.add(record):
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
            return
        if len(self._lines) == 1:
            loop.call_soon(self.flush)
