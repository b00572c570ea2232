"""`python -m bench.http_stamped MODULE [ARGUMENT...]`: a process of the mesh that notes when it sends and receives.

At its end it writes a line for each note, `NANOSECONDS WHAT`, into a file named after its process id.
"""

from __future__ import annotations

import atexit
import os
import runpy
import sys
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final, NoReturn

from aiohttp import web
from aiohttp.typedefs import Handler

import gateway.app
from broker import serve
from broker.sockets import FrameSocket
from gateway.http.middlewares.trace import trace

#: Environment variable with the folder of the files.
FOLDER: Final = "BENCH_STAMPS"
#: What is noted: messages, and the handlers of an HTTP request.
SENT: Final = "sent"
RECEIVED: Final = "received"
BEGINS: Final = "begins"
ENDS: Final = "ends"
#: Notes that are kept, the last ones.
MOST: Final = 200_000

_notes: list[tuple[int, str]] = []


def note(what: str) -> None:
    """Note that something happens now."""
    _notes.append((time.monotonic_ns(), what))


def noting(method: Callable[..., Any], what: str) -> Callable[..., Any]:
    """Returns a method that notes when it is done."""

    @wraps(method)
    def noted(*arguments: Any) -> Any:
        done = method(*arguments)
        note(what)
        return done

    return noted


@web.middleware
async def handled(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The gateway's outermost middleware, noted."""
    note(BEGINS)
    try:
        return await trace(request, handler)
    finally:
        note(ENDS)


def serve_here(options: serve.BrokerOptions) -> NoReturn:
    """The broker's process would start afresh, without its notes."""
    sys.exit(serve.main(options))


def stamp() -> None:
    """Have this process note its messages."""
    for name, what in (("send", SENT), ("receive", RECEIVED), ("receive_from", RECEIVED)):
        setattr(FrameSocket, name, noting(getattr(FrameSocket, name), what))
    setattr(gateway.app, "trace", handled)  # noqa: B010  mypy takes a plain assignment for a mistake
    setattr(serve.BrokerOptions, "become", serve_here)  # noqa: B010
    atexit.register(write)


def write() -> None:
    """Write the notes."""
    path = Path(os.environ[FOLDER]) / f"{os.getpid()}.stamps"
    path.write_text("".join(f"{at} {what}\n" for at, what in _notes[-MOST:]))


if __name__ == "__main__":
    stamp()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
