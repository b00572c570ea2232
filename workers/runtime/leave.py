"""The end of a worker's process."""

from __future__ import annotations

import logging
import os
import sys
import threading
from types import TracebackType
from typing import NoReturn

log = logging.getLogger(__name__)

#: Exit code of a process that lost one of its threads to a defect.
THREAD_DIED = 1


def leave(code: int) -> NoReturn:
    """End the process, also where a thread hangs in a decoder or a model: Python would wait for it for ever."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    if threading.active_count() > 1:
        os._exit(code)
    sys.exit(code)


def leave_with_threads() -> None:
    """From now on a thread that ends with an unexpected error ends the process, which supervisord starts anew.

    Without this the rest would go on without it, and wait for ever for what only that thread does.
    """
    threading.excepthook = _thread_died


def _thread_died(death: threading.ExceptHookArgs) -> None:
    name = death.thread.name if death.thread else "a thread"
    trace: TracebackType | None = death.exc_traceback
    error = death.exc_value or death.exc_type()
    log.critical("%s died: this process ends", name, exc_info=(death.exc_type, error, trace))
    logging.shutdown()
    os._exit(THREAD_DIED)
