"""The end of a worker's process."""

from __future__ import annotations

import logging
import os
import sys
import threading
from types import TracebackType
from typing import Final, NoReturn

log = logging.getLogger(__name__)

#: Exit code of a process in which a thread died of a bug.
THREAD_DIED: Final = 1


def leave(code: int) -> NoReturn:
    """End the process even if a thread hangs in a decoder or model: Python would wait for it forever."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    if threading.active_count() > 1:
        os._exit(code)
    sys.exit(code)


def leave_with_threads() -> None:
    """Make an unexpected error in any thread end the process, so that supervisord restarts it.

    Otherwise the other threads would carry on and wait forever for the dead one's work.
    """
    threading.excepthook = _thread_died


def _thread_died(death: threading.ExceptHookArgs) -> None:
    name = death.thread.name if death.thread else "a thread"
    trace: TracebackType | None = death.exc_traceback
    error = death.exc_value or death.exc_type()
    log.critical("%s died: this process exits", name, exc_info=(death.exc_type, error, trace))
    logging.shutdown()
    os._exit(THREAD_DIED)
