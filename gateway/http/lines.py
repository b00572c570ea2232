"""The gateway's log: the lines of one turn of the event loop go out in one write.

Under load a turn answers dozens of requests, and each write costs more than its line: here, and in supervisord, which
wakes up for it.
"""

from __future__ import annotations

import asyncio
import logging

from broker.log_pipe import LogHandler


class LineHandler(LogHandler):
    """Writes at the end of the loop's turn; at once where no loop runs, and in other threads."""

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
