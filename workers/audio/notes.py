"""Notes that libmpg123 prints to stderr without naming the file that it reads."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from typing import Final

from workers.audio.files import display

log = logging.getLogger(__name__)

#: Bytes of notes to read, and characters of them to put into a log line.
MOST_READ: Final = 64 * 1024
MOST_TOLD: Final = 300

#: stderr belongs to the process, so only one thread at a time may redirect it.
_LOCK: Final = threading.Lock()


@contextlib.contextmanager
def noted(path: str) -> Iterator[None]:
    """Log what C libraries print within the block, on one line with the name of the track.

    Only for files that libmpg123 reads: the few that FFmpeg refused.
    """
    with _LOCK, tempfile.TemporaryFile() as kept:
        sys.stderr.flush()
        real = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(real, 2)
            os.close(real)
        kept.seek(0)
        lines = dict.fromkeys(line.strip() for line in kept.read(MOST_READ).decode(errors="replace").splitlines())
    told = "; ".join(line for line in lines if line)
    if told:
        log.info("%s: libsndfile reports: %s", display(path), told[:MOST_TOLD])
