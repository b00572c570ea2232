"""What every process of the mesh sets up first: logging, its death with its parent, and stop signals."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Final

from broker.log_pipe import LogHandler
from contract.text import log_line

#: prctl(2): the signal that a process gets when its parent dies.
PR_SET_PDEATHSIG: Final = 1

LOG_FORMAT: Final = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"

#: Indent of traceback lines: only a new record begins a line with its time, whatever an error's text says.
INDENT: Final = "    "


class LineFormat(logging.Formatter):
    """Formats one line per record as `LOG_FORMAT` says, whatever untrusted text it contains.

    Formats the time only once a second: it is a fifth of the cost of a line.
    """

    def __init__(self) -> None:
        super().__init__(LOG_FORMAT)
        self._second = -1, ""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802  the base class's
        return self._time(record.created)

    def line(self, created: float, level: str, name: str, message: str) -> str:
        """Returns the line of a message without a traceback; `created` in unix seconds."""
        return log_line(f"{self._time(created)} {level:<7} {name}: {message}")

    def _time(self, created: float) -> str:
        whole = int(created)
        second, text = self._second
        if second != whole:
            text = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(created))
            self._second = whole, text
        return f"{text},{int(1000 * (created - whole)):03d}"

    def format(self, record: logging.LogRecord) -> str:
        record.message, record.asctime = record.getMessage(), self.formatTime(record)
        line = self.line(record.created, record.levelname, record.name, record.message)
        if not record.exc_info and not record.stack_info:
            return line
        traces = [self.formatException(record.exc_info)] if record.exc_info else []
        traces += [self.formatStack(record.stack_info)] if record.stack_info else []
        return "\n".join([line, *(INDENT + log_line(each) for each in "\n".join(traces).split("\n"))])


def setup_logging(level: str, handler: logging.Handler | None = None) -> None:
    """Log to stderr, or through `handler`, one line per record; supervisord keeps and rotates the files."""
    handler = handler or LogHandler(sys.stderr)
    handler.setFormatter(LineFormat())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # Lines do not show these; skipping the lookup halves the cost of a line.
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def die_with_parent() -> None:
    """Get SIGTERM when the parent dies, however it dies (Linux only; elsewhere does nothing)."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes  # takes half a megabyte, and the broker's serving process never calls this

    parent = os.getppid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # the parent died before the call took effect
        os.kill(os.getpid(), signal.SIGTERM)


def on_stop(stop: Callable[[], None]) -> None:
    """Call `stop` once on SIGTERM or SIGINT."""

    def handle(_signum: int, _frame: FrameType | None) -> None:
        stop()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
