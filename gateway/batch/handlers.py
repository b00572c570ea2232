"""`/batch/*`: jobs of the library worker."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Final

from aiohttp import web

from contract.jobs import (
    EMBED,
    MAX_PAGE,
    PAGE,
    Failure,
    FailuresRequest,
    JobRequest,
    JobState,
    KindRequest,
    Started,
    StartJobRequest,
    StartRequest,
    document,
)
from contract.library import AsyncLibraryClient, Library
from contract.message import Nothing, plain
from contract.operation import AsyncCall, Operation
from contract.text import csv_cell
from gateway.batch.schema import BatchStart, FailuresQuery, KindQuery
from gateway.http.body import query, read
from gateway.http.reply import json_reply
from gateway.keys import MESH, MODEL_DIRECTORY

#: Seconds that `library` may take to start a job: it checks every track first. Navidrome's client waits 60.
START_SECONDS: Final = 55.0
#: Seconds for everything else.
TIMEOUT_SECONDS: Final = 10.0
#: Options that each kind of job accepts over HTTP.
OPTIONS: Final[Mapping[str, Sequence[str]]] = {"prune": ("all",), "train_text": ("model",)}
CSV_COLUMNS: Final = ("track_id", "artist", "title", "path", "model", "kind", "code", "message", "attempts")


async def start(request: web.Request) -> web.StreamResponse:
    """Start a job."""
    body = await read(request, BatchStart)
    await request.app[MODEL_DIRECTORY].check_models(enumerate(body.models or ()), "models")
    return start_answer(await (_start_embedding if body.kind == EMBED else _start_other)(_library(request), body))


def start_answer(started: Started) -> web.Response:
    """Return the response to a start."""
    return json_reply(
        {
            "status": started.status,
            "job_id": started.job_id,
            "warnings": [warned.message for warned in started.warnings],
            "warning_codes": [warned.code for warned in started.warnings],
        }
    )


async def _start_embedding(library: AsyncLibraryClient, body: BatchStart) -> Started:
    # Navidrome's page knows only its own model names: enabled models stand in for those that this server lacks.
    wanted = StartRequest(
        models=body.models or None,
        clear_existing=body.clear_existing,
        retry_failed=body.retry_failed,
        track_ids=body.track_ids,
        stand_in=True,
    )
    return await library.start_job(wanted, timeout=START_SECONDS)


async def _start_other(library: AsyncLibraryClient, body: BatchStart) -> Started:
    options = body.options.model_dump(exclude_none=True) if body.options is not None else {}
    taken = OPTIONS.get(body.kind, ())
    wanted = StartJobRequest(kind=body.kind, options={name: options[name] for name in taken if name in options})
    return await library.begin_job(wanted, timeout=START_SECONDS)


async def progress(request: web.Request) -> web.StreamResponse:
    """The running or last job."""
    return json_reply(document(await _library(request).progress(Nothing(), timeout=TIMEOUT_SECONDS)))


async def pause(request: web.Request) -> web.StreamResponse:
    """Pause the job until it is resumed, even across restarts."""
    return json_reply(await _steer(request, Library.pause, Library.pause_job))


async def resume(request: web.Request) -> web.StreamResponse:
    """Resume a paused job."""
    return json_reply(await _steer(request, Library.resume, Library.resume_job))


async def cancel(request: web.Request) -> web.StreamResponse:
    """Cancel the job after the work in flight."""
    return json_reply(await _steer(request, Library.cancel, Library.cancel_job))


async def _steer(
    request: web.Request, embedding: Operation[Nothing, JobState], other: Operation[KindRequest, JobState]
) -> JobState:
    kind = query(request, KindQuery).kind
    library = _library(request)
    if kind == EMBED:
        return await AsyncCall(embedding, library)(Nothing(), timeout=TIMEOUT_SECONDS)
    return await AsyncCall(other, library)(KindRequest(kind=kind), timeout=TIMEOUT_SECONDS)


async def jobs(request: web.Request) -> web.StreamResponse:
    """The job history."""
    return json_reply(plain(await _library(request).jobs(Nothing(), timeout=TIMEOUT_SECONDS)))


async def job(request: web.Request) -> web.StreamResponse:
    """One job from the history."""
    wanted = JobRequest(job_id=request.match_info["id"])
    return json_reply(plain(await _library(request).job(wanted, timeout=TIMEOUT_SECONDS)))


async def failures(request: web.Request) -> web.StreamResponse:
    """Failed tracks of the running or last job, as a page of JSON or as one CSV table."""
    asked = query(request, FailuresQuery)
    if asked.format == "json":
        wanted = FailuresRequest(offset=asked.offset, limit=asked.limit or PAGE, warnings=asked.warnings)
        return json_reply(await _library(request).failures(wanted, timeout=TIMEOUT_SECONDS))
    return await table(request, FailuresRequest(offset=asked.offset, warnings=asked.warnings), asked.limit)


async def table(request: web.Request, wanted: FailuresRequest, most: int | None) -> web.StreamResponse:
    """Stream at most `most` rows as CSV, page by page, so that the table is never in memory as a whole."""
    remaining, offset = most, wanted.offset
    wanted = replace(wanted, limit=min(remaining or MAX_PAGE, MAX_PAGE))
    page = await _library(request).failures(wanted, timeout=TIMEOUT_SECONDS)  # errors need their own status
    response = web.StreamResponse(headers={"Content-Disposition": 'attachment; filename="failures.csv"'})
    response.content_type, response.charset = "text/csv", "utf-8"
    await response.prepare(request)
    await response.write(_table([CSV_COLUMNS]))
    while rows := page.failures:
        await response.write(_table(map(_cells, rows)))
        offset += len(rows)
        remaining = None if remaining is None else remaining - len(rows)
        if offset >= page.total or remaining == 0:
            break
        wanted = replace(wanted, offset=offset, limit=min(remaining or MAX_PAGE, MAX_PAGE))
        page = await _library(request).failures(wanted, timeout=TIMEOUT_SECONDS)
    await response.write_eof()
    return response


_cells: Final[Callable[[Failure], tuple[object, ...]]] = attrgetter(*CSV_COLUMNS)


def _table(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([csv_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _library(request: web.Request) -> AsyncLibraryClient:
    return AsyncLibraryClient(request.app[MESH])
