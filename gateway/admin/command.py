"""Runs the `sonicmesh` command for the console.

The command has the doctor, the settings of all processes and the scale of models, because it may import every package
and the gateway may not. A separate process also sees the machine as the operator does, and a defect in it cannot take
the gateway down.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Coroutine
from typing import Any, Final

import orjson

from contract.errors import DeadlineExceeded, Internal, InvalidRequest, MeshError

log = logging.getLogger(__name__)

#: Exit code of a command that was called wrongly.
USAGE: Final = 2
#: Longest output quoted in an error, in characters.
MAX_SHOWN: Final = 300

#: Changes under way: the event loop itself keeps no task alive.
_CHANGES: Final[set[asyncio.Task[Any]]] = set()
#: Commands at work at once; others wait, within their time.
_AT_ONCE: Final = asyncio.Semaphore(2)


async def sonicmesh(*arguments: str, seconds: float) -> Any:
    """Return what `sonicmesh ARGUMENTS --json` prints.

    Raises `InvalidRequest` if it refuses the arguments, `DeadlineExceeded`, `Internal`.
    """
    try:
        async with asyncio.timeout(seconds), _AT_ONCE:
            return _read(arguments[0], *await run("cli.main", *arguments, "--json"))
    except TimeoutError:
        raise DeadlineExceeded(f"sonicmesh {arguments[0]} took longer than {seconds:g} s") from None


async def to_its_end(change: Coroutine[Any, Any, Any]) -> Any:
    """Await a command that changes something, and let it finish even if whoever asked hangs up meanwhile."""
    task = asyncio.create_task(change)
    _CHANGES.add(task)
    task.add_done_callback(_changed)
    return await asyncio.shield(task)


def _changed(task: asyncio.Task[Any]) -> None:
    _CHANGES.discard(task)
    if not task.cancelled():
        task.exception()  # whoever asked may be gone


async def run(module: str, *arguments: str, sent: bytes | None = None) -> tuple[int, bytes, bytes]:
    """Return the exit code and what `python -m MODULE` wrote; a process that is no longer waited for is killed.

    `sent` goes to its standard input.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL if sent is None else asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "NO_COLOR": "1"},
    )
    try:
        output, errors = await process.communicate(sent)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return process.returncode or 0, output, errors


def _read(name: str, code: int, output: bytes, errors: bytes) -> Any:
    try:
        document = orjson.loads(output)
    except orjson.JSONDecodeError:
        log.error("sonicmesh %s ended with %d: %s", name, code, errors.decode(errors="replace")[-2000:])
        raise Internal(f"sonicmesh {name} failed; the gateway's log says more") from None
    told = document.get("error") if isinstance(document, dict) else None
    if isinstance(told, dict):
        kind: type[MeshError] = InvalidRequest if code == USAGE else Internal
        raise kind(str(told.get("message", ""))[:MAX_SHOWN])
    return document
