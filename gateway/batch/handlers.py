"""`/batch/*`: jobs of the library worker."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from contract.text import csv_cell
from gateway.batch.schema import MAX_PAGE, BatchStart, FailuresQuery
from gateway.http.body import query, read
from gateway.http.reply import json_reply
from gateway.keys import CATALOGUE, MESH

#: Seconds that `library` may take to make a job: it looks at every track first. Navidrome's client waits 60.
START_TIMEOUT = 55.0
#: Seconds for everything else.
TIMEOUT = 10.0
#: Failures of one page of JSON where the caller does not say.
DEFAULT_PAGE = 100
CSV_COLUMNS: Final = ("track_id", "artist", "title", "path", "model", "kind", "code", "message", "attempts")


async def start(request: web.Request) -> web.StreamResponse:
    """Begins a job."""
    asked = await read(request, BatchStart)
    await request.app[CATALOGUE].check_models(enumerate(asked.models or ()), "models")
    # Navidrome's page knows no names but its own: enabled models stand in for those that nobody can use here.
    params = {**asked.model_dump(), "models": asked.models or None, "stand_in": True}
    return json_reply(await _library(request, "batch.start", params, START_TIMEOUT))


async def progress(request: web.Request) -> web.StreamResponse:
    """The running or last job."""
    return json_reply(await _library(request, "batch.progress"))


async def pause(request: web.Request) -> web.StreamResponse:
    """Holds the job until it is resumed, over restarts too."""
    return json_reply(await _library(request, "batch.pause"))


async def resume(request: web.Request) -> web.StreamResponse:
    """Goes on with a paused job."""
    return json_reply(await _library(request, "batch.resume"))


async def cancel(request: web.Request) -> web.StreamResponse:
    """Ends the job after what is in flight."""
    return json_reply(await _library(request, "batch.cancel"))


async def jobs(request: web.Request) -> web.StreamResponse:
    """History of jobs."""
    return json_reply(await _library(request, "batch.jobs"))


async def job(request: web.Request) -> web.StreamResponse:
    """One job of the history."""
    return json_reply(await _library(request, "batch.job", {"job_id": request.match_info["id"]}))


async def failures(request: web.Request) -> web.StreamResponse:
    """Failed tracks of the present or last job, as a page of JSON or as a table of all."""
    asked = query(request, FailuresQuery)
    params = {"offset": asked.offset, "limit": asked.limit or DEFAULT_PAGE, "warnings": asked.warnings}
    if asked.format == "json":
        return json_reply(await _library(request, "batch.failures", params))
    return await _csv(request, asked)


async def _csv(request: web.Request, asked: FailuresQuery) -> web.StreamResponse:
    """Page by page, so that a large table is never in memory as a whole."""
    left = asked.limit
    offset = asked.offset
    params = {"offset": offset, "limit": min(left or MAX_PAGE, MAX_PAGE), "warnings": asked.warnings}
    page = await _library(request, "batch.failures", params)  # an error is still answered as an error
    response = web.StreamResponse(headers={"Content-Disposition": 'attachment; filename="failures.csv"'})
    response.content_type, response.charset = "text/csv", "utf-8"
    await response.prepare(request)
    await response.write(_table([dict(zip(CSV_COLUMNS, CSV_COLUMNS, strict=True))]))
    while rows := page["failures"]:
        await response.write(_table(rows))
        offset += len(rows)
        left = None if left is None else left - len(rows)
        if offset >= page["total"] or left == 0:
            break
        params = {**params, "offset": offset, "limit": min(left or MAX_PAGE, MAX_PAGE)}
        page = await _library(request, "batch.failures", params)
    await response.write_eof()
    return response


def _table(rows: Sequence[Mapping[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([csv_cell(row.get(column)) for column in CSV_COLUMNS] for row in rows)
    return text.getvalue().encode()


async def _library(
    request: web.Request, op: str, params: Mapping[str, Any] | None = None, timeout: float = TIMEOUT
) -> dict[str, Any]:
    reply = await request.app[MESH].call("library", op, params, timeout=timeout)
    return reply.result
