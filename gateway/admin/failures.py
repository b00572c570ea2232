"""Tracks that could not be embedded: each with what to do about it, and trying them again."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from contract.jobs import PAGE, FailuresRequest, StartRequest
from contract.library import AsyncLibraryClient
from contract.message import fields_of
from gateway.admin.remedies import remedy
from gateway.admin.schema import AdminFailuresQuery, RetryRequest
from gateway.batch.handlers import START_SECONDS, TIMEOUT_SECONDS, start_answer, table
from gateway.http.body import query, read
from gateway.http.reply import json_reply
from gateway.keys import MESH

#: Which rows each kind asks for: failures, warnings.
KINDS: Final = {"failure": (True, False), "warning": (False, True), "all": (True, True)}


async def failures(request: web.Request) -> web.StreamResponse:
    """Failed tracks with a remedy each, as a page of JSON or as one CSV table."""
    asked = query(request, AdminFailuresQuery)
    failed, warned = KINDS[asked.kind]
    wanted = FailuresRequest(offset=asked.offset, limit=asked.limit or PAGE, warnings=warned, failures=failed)
    if asked.format == "csv":
        return await table(request, wanted, asked.limit)
    page = await AsyncLibraryClient(request.app[MESH]).failures(wanted, timeout=TIMEOUT_SECONDS)
    rows: list[dict[str, Any]] = [
        {**fields_of(row), "remedy": remedy(row.code, warning=row.kind == "warning")} for row in page.failures
    ]
    return json_reply({"total": page.total, "failures": rows})


async def retry(request: web.Request) -> web.StreamResponse:
    """Start a job that tries failed tracks again, one, some or all."""
    asked = await read(request, RetryRequest)
    wanted = StartRequest(models=asked.models or None, retry_failed=True, track_ids=asked.track_ids)
    return start_answer(await AsyncLibraryClient(request.app[MESH]).start_job(wanted, timeout=START_SECONDS))
