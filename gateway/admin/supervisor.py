"""The processes of the mesh, as supervisord knows them: asked over its socket in the run folder."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

import aiohttp

#: supervisord's socket in the run folder.
SOCKET: Final = "supervisor.sock"
#: Seconds that it may take.
SECONDS: Final = 2.0
#: States of a process that runs, or is about to.
WANTED: Final = frozenset({"RUNNING", "STARTING", "BACKOFF"})


async def processes(run: Path) -> list[dict[str, Any]] | None:
    """Return every declared process; None if supervisord does not run the mesh."""
    socket = run / SOCKET
    if not socket.exists():
        return None
    import xmlrpc.client  # takes 8 MB, and only the operator's part needs it
    from xml.parsers.expat import ExpatError

    body = xmlrpc.client.dumps((), "supervisor.getAllProcessInfo")
    try:
        async with (
            asyncio.timeout(SECONDS),
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(path=str(socket))) as session,
            session.post("http://localhost/RPC2", data=body, headers={"Content-Type": "text/xml"}) as response,
        ):
            (found,), _ = xmlrpc.client.loads(await response.text())
    except (TimeoutError, aiohttp.ClientError, OSError, xmlrpc.client.Error, ExpatError, ValueError, TypeError):
        return None
    return [_told(each) for each in found if isinstance(each, dict)] if isinstance(found, list) else None


def scales(found: list[dict[str, Any]]) -> dict[str, int]:
    """Return how many workers of each group are wanted, by group; models have a group of their own."""
    wanted: dict[str, int] = {}
    for process in found:
        group = str(process["group"])
        wanted[group] = wanted.get(group, 0) + (process["state"] in WANTED)
    return wanted


def _told(info: dict[str, Any]) -> dict[str, Any]:
    state = str(info.get("statename", ""))
    return {
        "name": str(info.get("name", "")),
        "group": str(info.get("group", "")),
        "state": state,
        "pid": int(info.get("pid") or 0) or None,
        "since": float(info.get("start") or 0) or None if state in WANTED else float(info.get("stop") or 0) or None,
        "message": str(info.get("spawnerr") or info.get("description") or ""),
    }
