"""Runs the parts of the first run: `python -m cli.setup`, since the gateway imports neither the command nor workers."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from typing import Any, Final, TypeVar

import orjson

from contract.errors import DeadlineExceeded, Internal, error_from_wire
from contract.message import Message, Nothing, plain
from contract.reading import read_reply
from gateway.admin.command import run

log = logging.getLogger(__name__)

MODULE: Final = "cli.setup"
#: One at a time: a measurement that shares its processor measures nothing.
_ALONE: Final = asyncio.Semaphore(1)

A = TypeVar("A", bound=Message)


async def ask(part: str, reply: type[A], request: Message | None = None, *, seconds: float) -> A:
    """Return the reply of one part. Raises its typed errors, `DeadlineExceeded`, `Internal`."""
    sent = orjson.dumps(plain(request or Nothing()))
    try:
        async with asyncio.timeout(seconds), _ALONE:
            code, output, errors = await run(MODULE, part, sent=sent)
    except TimeoutError:
        raise DeadlineExceeded(f"this took longer than {seconds:g} s") from None
    try:
        document: Any = orjson.loads(output)
    except orjson.JSONDecodeError:
        log.error("%s %s ended with %d: %s", MODULE, part, code, errors.decode(errors="replace")[-2000:])
        raise Internal("a part of the first run failed; the gateway's log says more") from None
    if code:
        raise error_from_wire(document["error"])
    return read_reply(reply, document, "setup", part)


def restart_soon() -> None:
    """Restart the mesh, this gateway included, from a session of its own that the restart does not end."""
    subprocess.Popen(
        [sys.executable, "-m", MODULE, "restart"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
