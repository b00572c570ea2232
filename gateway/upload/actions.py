"""What each request of the socket does."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from broker.errors import MeshError, NotFound, NoWorker
from broker.wire import UPLOAD as UPLOAD_LANE
from gateway.catalogue import Catalogue
from gateway.fleet import Fleet
from gateway.mesh import Mesh
from gateway.upload.line import EMBED, UPLOAD, Line
from gateway.upload.naming import Namer
from gateway.upload.settings import UploadSocketSettings

#: Seconds that questions about the mesh may take.
ASK_SECONDS: Final = 10.0
#: Seconds that the store may take to write everything out.
FLUSH_SECONDS: Final = 120.0
#: Seconds that the library worker may take to start, and seconds between two looks for it.
START_SECONDS: Final = 20.0
LOOK_SECONDS: Final = 0.5
STATES: Final = frozenset({"done", "pending", "failed"})
ABSENT: Final = "absent"

Reply = dict[str, Any]


class Actions:
    """Answers request lines. At most `uploads_at_once` uploads are under way; others wait."""

    def __init__(self, mesh: Mesh, catalogue: Catalogue, settings: UploadSocketSettings) -> None:
        self._mesh = mesh
        self._catalogue = catalogue
        self._fleet = Fleet(mesh, catalogue)
        self._settings = settings
        self._namer = Namer(settings)
        self._turn = asyncio.Semaphore(settings.uploads_at_once)
        self._open = 0
        self._actions: Mapping[str, Callable[[Line], Awaitable[Reply]]] = {
            UPLOAD: self._upload,
            EMBED: self._upload,
            "health": self._health,
            "status": self._status,
            "flush": self._flush,
        }

    async def answer(self, line: Line) -> Reply:
        """The reply of one request. Raises `MeshError`."""
        return {"status": "ok", **await self._actions[line.action](line)}

    async def _upload(self, line: Line) -> Reply:
        self._open += 1
        try:
            async with asyncio.timeout(self._settings.upload_seconds), self._turn:
                return await self._process(line)
        finally:
            self._open -= 1

    async def _process(self, line: Line) -> Reply:
        options = line.options
        name = line.name or re.split(r"[/\\]", line.music_file)[-1]
        params = {
            "music": line.music_file,
            "cue": line.cue_file,
            "name": name,
            "track_id": line.track_id,
            "threshold": options.threshold if options.similar else None,
        }
        await self._wait_for_library()
        reply = await self._mesh.call(
            "library", "uploads.process", params, timeout=self._settings.upload_seconds, lane=UPLOAD_LANE
        )
        found = reply.result
        renamed, problem = await self._namer.name(name, found["tags"], options)
        answer: Reply = {
            "duplicates": found["duplicates"],
            "renamedFile": renamed,
            "allDuplicates": found["all_duplicates"],
        }
        if line.cue_file:
            answer["splitFiles"] = found["parts"]
        warnings = [*found["warnings"], *([problem] if problem else [])]
        return {**answer, "warnings": warnings} if warnings else answer

    async def _wait_for_library(self) -> None:
        """A call would wait for a worker as long as an upload may take. Raises `NoWorker` much earlier."""
        tries = round(START_SECONDS / LOOK_SECONDS)
        for _ in range(tries):
            if "library" in await self._mesh.workers():
                return
            await asyncio.sleep(LOOK_SECONDS)
        raise NoWorker("no library worker is running; uploads need one (sonicmesh status)", {"service": "library"})

    async def _health(self, _line: Line) -> Reply:
        models = await self._fleet.models()
        return {"models": {each["name"]: each["status"] for each in models if each["enabled"]}, "queue": self._open}

    async def _status(self, line: Line) -> Reply:
        names = [name for name, model in (await self._catalogue.models()).items() if model.enabled]
        try:
            reply = await self._mesh.call("library", "tracks.why", {"track_id": line.track_id}, timeout=ASK_SECONDS)
        except NotFound:
            known: Mapping[str, Any] = {}
        else:
            known = reply.result["models"]
        states = {name: str(known.get(name, {}).get("state", ABSENT)) for name in names}
        return {"models": {name: state if state in STATES else ABSENT for name, state in states.items()}}

    async def _flush(self, _line: Line) -> Reply:
        await self._mesh.call("search", "store.flush", timeout=FLUSH_SECONDS, lane=UPLOAD_LANE)
        return {}


def error_reply(error: MeshError) -> Reply:
    """`{"status": "error", "message"}`, and the code for programs."""
    return {"status": "error", "message": error.message, "code": error.code}
