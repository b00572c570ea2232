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
MOST_READ_BYTES: Final = 64 * 1024
MOST_TOLD: Final = 300

#: stderr belongs to the process, so only one thread at a time may redirect it.
_LOCK: Final = threading.Lock()


@contextlib.contextmanager
def noted(path: str) -> Iterator[None]:
    """Log what C libraries print within the block, on one line with the name of the track.

    Only for files that libmpg123 reads: the few that FFmpeg refused.
    """
    with _LOCK, tempfile.TemporaryFile() as output:
        sys.stderr.flush()
        real = os.dup(2)
        os.dup2(output.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(real, 2)
            os.close(real)
        output.seek(0)
        lines = dict.fromkeys(
            line.strip() for line in output.read(MOST_READ_BYTES).decode(errors="replace").splitlines()
        )
    message = "; ".join(line for line in lines if line)
    if message:
        log.info("%s: libsndfile reports: %s", display(path), message[:MOST_TOLD])
