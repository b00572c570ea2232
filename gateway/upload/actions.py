"""The actions behind the requests of the upload socket."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeVar

from contract.errors import DeadlineExceeded, MeshError, NoWorker
from contract.library import AsyncLibraryClient
from contract.message import Message, Nothing, fields_of
from contract.operation import UPLOAD as UPLOAD_LANE
from contract.operation import AsyncCall
from contract.search import AsyncSearchClient, Search
from contract.uploads import GiveUpRequest, ScannedRequest, UploadRequest
from gateway.mesh import MeshConnection
from gateway.models.directory import ModelDirectory
from gateway.models.workers import ModelWorkers
from gateway.upload.line import EMBED, STATUS, UPLOAD, RequestLine
from gateway.upload.naming import NamingClient
from gateway.upload.reply import Reply, split_file
from gateway.upload.settings import UploadSocketSettings

#: Seconds that status queries may take.
ASK_SECONDS: Final = 10.0
#: Seconds that the store may take to answer a health check.
STORE_SECONDS: Final = 1.0
#: Seconds that the store may take to write everything out.
FLUSH_SECONDS: Final = 120.0
#: Seconds that a worker may take to start, and seconds between two checks for it.
START_SECONDS: Final = 20.0
LOOK_SECONDS: Final = 0.5
#: Seconds for telling the library worker that an upload is abandoned.
GIVE_UP_SECONDS: Final = 10.0

Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)

log = logging.getLogger(__name__)


class Actions:
    """Answers request lines. At most `uploads_at_once` uploads run at a time; others wait."""

    def __init__(self, mesh: MeshConnection, directory: ModelDirectory, settings: UploadSocketSettings) -> None:
        self._mesh = mesh
        self._library = AsyncLibraryClient(mesh)
        self._search = AsyncSearchClient(mesh)
        self._directory = directory
        self._model_workers = ModelWorkers(mesh, directory)
        self._settings = settings
        self._namer = NamingClient(settings)
        self._turn = asyncio.Semaphore(settings.uploads_at_once)
        self._open = 0
        self._farewells: set[asyncio.Task[None]] = set()
        self._actions: Mapping[str, Callable[[RequestLine], Awaitable[Reply]]] = {
            UPLOAD: self._upload,
            EMBED: self._upload,
            "health": self._health,
            STATUS: self._status,
            "flush": self._flush,
        }

    async def answer(self, line: RequestLine) -> Reply:
        """Return the reply to one request. Raises `MeshError`."""
        return {"status": "ok", **await self._actions[line.action](line)}

    async def _upload(self, line: RequestLine) -> Reply:
        self._open += 1
        until = asyncio.get_running_loop().time() + self._settings.upload_seconds
        try:
            async with asyncio.timeout_at(until), self._turn:
                return await self._process(line, until)
        finally:
            self._open -= 1

    async def _process(self, line: RequestLine, until: float) -> Reply:
        options = line.options
        name = line.name or re.split(r"[/\\]", line.music_file)[-1]
        upload = UploadRequest(
            music=line.music_file,
            cue=line.cue_file,
            name=name,
            track_id=line.track_id,
            threshold=options.threshold if options.similar else None,
            upload_id=uuid.uuid4().hex,
        )
        try:
            uploaded = await self._insist(self._library.upload, upload, until)
        except asyncio.CancelledError:
            self._give_up(upload)
            raise
        renamed, problem = await self._namer.name(name, uploaded.tags, options)
        answer: Reply = {
            "duplicates": uploaded.duplicates,
            "renamedFile": renamed,
            "allDuplicates": uploaded.all_duplicates,
        }
        if line.cue_file:
            answer["splitFiles"] = [split_file(part) for part in uploaded.parts]
        warnings = [warning.message for warning in (*uploaded.warnings, *([problem] if problem else []))]
        return {**answer, "warnings": warnings} if warnings else answer

    async def _insist(self, call: AsyncCall[Q, A], request: Q, until: float) -> A:
        """Repeat an idempotent call until it succeeds: brokers and workers may die and come back meanwhile.

        `until` is in event-loop time. If a part is missing at the start, wait `START_SECONDS` for it.
        """
        patience = START_SECONDS
        while True:
            await self._wait_for(call.client.name, patience)
            remaining = until - asyncio.get_running_loop().time()
            try:
                return await call(request, timeout=max(remaining, LOOK_SECONDS), lane=UPLOAD_LANE)
            except NoWorker as error:
                if remaining <= 0:
                    raise
                log.warning("retrying %s: %s", call.operation.name, error.message)
                patience = math.inf
                await asyncio.sleep(LOOK_SECONDS)

    async def _wait_for(self, service: str, patience: float) -> None:
        """Wait for a worker of `service`.

        Raises `NoWorker` after `patience` seconds without a broker, or `START_SECONDS` with a broker but no such
        worker: much earlier than a call, which would wait for its whole timeout.
        """
        loop = asyncio.get_running_loop()
        lost, late = loop.time() + patience, loop.time() + START_SECONDS
        while True:
            try:
                if service in await self._mesh.workers():
                    return
            except (NoWorker, DeadlineExceeded):
                late = loop.time() + START_SECONDS
                if loop.time() > lost:
                    raise
            if loop.time() > late:
                raise NoWorker(f"no {service} worker is running (sonicmesh status)", {"service": service})
            await asyncio.sleep(LOOK_SECONDS)

    def _give_up(self, upload: UploadRequest) -> None:
        """Tell the library worker that the client of this upload is gone."""
        farewell = asyncio.get_running_loop().create_task(self._say_so(upload.upload_id or ""))
        self._farewells.add(farewell)
        farewell.add_done_callback(self._farewells.discard)

    async def _say_so(self, upload_id: str) -> None:
        with contextlib.suppress(MeshError):  # the upload then completes for nobody
            await self._library.give_up_upload(GiveUpRequest(upload_id=upload_id), timeout=GIVE_UP_SECONDS)

    async def _health(self, _line: RequestLine) -> Reply:
        models, connected = await asyncio.gather(self._model_workers.models(), self._store_answers())
        states = {each.name: each.status for each in models if each.enabled}
        return {"milvus_connected": connected, "models": states, "queue": self._open}

    async def _store_answers(self) -> bool:
        """Return whether the vector store answers."""
        try:
            if Search.service not in await self._mesh.workers():
                return False
            await self._search.status(Nothing(), timeout=STORE_SECONDS)
        except MeshError:
            return False
        return True

    async def _status(self, line: RequestLine) -> Reply:
        request = ScannedRequest(
            track_id=line.track_id,
            artist=line.artist,
            title=line.title,
            alternate_names=list(line.alternate_names),
        )
        scanned = await self._library.scanned(request, timeout=ASK_SECONDS)
        return {**fields_of(scanned), "hasDescription": False}

    async def _flush(self, _line: RequestLine) -> Reply:
        await self._insist(self._search.flush, Nothing(), asyncio.get_running_loop().time() + FLUSH_SECONDS)
        return {}
