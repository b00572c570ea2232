"""A log handler that never waits for the log's reader.

supervisord reads what its children print. While it stalls, a pipe takes 64 KiB, and then every writer blocks. Here,
lines wait in memory instead; further lines are dropped and counted.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import stat
import threading
import time
from contextlib import nullcontext
from typing import Final, TextIO

#: Most bytes that wait in memory for a stalled reader.
MOST_BYTES: Final = 256 * 1024
#: Milliseconds between two checks whether the reader has resumed.
LOOK_MS: Final = 500
#: Seconds that a process may take to write its last lines.
GOODBYE_SECONDS: Final = 0.5


class LogHandler(logging.StreamHandler[TextIO]):
    """Writes lines to a stream; to a pipe, only what it accepts without blocking. `dropped` counts the lines lost."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self.dropped = 0
        self._lines: list[str] = []
        self._pipe = _pipe_of(stream)
        self._backlog = b""
        self._untold = 0
        self._waiter: threading.Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if self.add(record):
            self.flush()

    def add(self, record: logging.LogRecord) -> bool:
        """Keep a record's line for `flush`. Returns False if it cannot be formatted."""
        try:
            self._lines.append(self.format(record))
        except Exception:  # noqa: BLE001  like logging's own handlers: a bad line must not break a request
            self.handleError(record)
            return False
        return True

    def flush(self) -> None:
        """Write as many waiting lines as the reader accepts."""
        with self.lock or nullcontext():
            lines, self._lines = self._lines, []
            if self._pipe is None:
                if lines:
                    self.stream.write("\n".join(lines) + "\n")
                super().flush()
            elif lines or self._backlog:
                self._hand_over(lines, self._pipe)

    def close(self) -> None:
        """Give a slow reader a moment for the last lines, then close."""
        end = time.monotonic() + GOODBYE_SECONDS
        while self._pipe is not None and self._backlog and (remaining := end - time.monotonic()) > 0:
            _writable(self._pipe, 1000 * remaining)
            self.flush()
        super().close()

    def _hand_over(self, lines: list[str], pipe: int) -> None:
        data = b"".join([line.encode(errors="backslashreplace") + b"\n" for line in lines])
        if len(self._backlog) + len(data) <= MOST_BYTES:
            self._backlog += data
        else:
            self.dropped += len(lines)
            self._untold += len(lines)
        self._drain(pipe)
        if self._backlog and self._waiter is None:
            self._waiter = threading.Thread(target=self._wait, args=(pipe,), name="log", daemon=True)
            self._waiter.start()

    def _drain(self, pipe: int) -> None:
        """Write in pieces of `PIPE_BUF` bytes: a writable pipe accepts at least that much without blocking."""
        try:
            while self._backlog and _writable(pipe):
                written = os.write(pipe, self._backlog[: select.PIPE_BUF])
                self._backlog = self._backlog[written:]
                if not self._backlog and self._untold:
                    self._backlog = b"... %d lines are missing here: nobody read the log\n" % self._untold
                    self._untold = 0
        except OSError:  # the reader is gone
            self._backlog = b""

    def _wait(self, pipe: int) -> None:
        """Write until the backlog is empty, so that the last lines get out even if no further line follows."""
        while True:
            _writable(pipe, LOOK_MS)
            with self.lock or nullcontext():
                self._drain(pipe)
                if not self._backlog:
                    self._waiter = None
                    return


def _writable(pipe: int, milliseconds: float = 0) -> bool:
    """Returns whether a pipe is writable or broken. Makes a new poll object, as threads could not share one."""
    poll = select.poll()
    poll.register(pipe, select.POLLOUT)
    return bool(poll.poll(milliseconds))


def _pipe_of(stream: TextIO) -> int | None:
    """Returns our own descriptor for a stream that is a pipe: other code may replace the stream's descriptor."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        descriptor = stream.fileno()
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return os.dup(descriptor)
    return None
