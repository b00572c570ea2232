"""Streams an export."""

from __future__ import annotations

from typing import Annotated

from aiohttp import web
from pydantic import Field

from contract.fields import ModelName
from gateway.export.formats import MEDIA, ExportFormat, exporter
from gateway.export.records import Record, parts
from gateway.http.body import query
from gateway.http.schema import RequestBody
from gateway.keys import MESH, MODEL_DIRECTORY


class ExportQuery(RequestBody):
    """The format, and the model whose vectors are exported."""

    format: Annotated[ExportFormat, Field(description="JSON lines, or Parquet where pyarrow is installed")] = "jsonl"
    model: ModelName | None = Field(None, description="whose vectors; absent: the default model's")


async def export(request: web.Request) -> web.StreamResponse:
    """Every recording that was heard: labels, facts and vector, keyed by `audio_id`; a stream."""
    wanted = query(request, ExportQuery)
    form = exporter(wanted.format)
    directory = request.app[MODEL_DIRECTORY]
    if wanted.model is not None:
        await directory.check_models([(None, wanted.model)], "model")
    model = wanted.model or directory.first_choice()
    found = parts(request.app[MESH], model)
    first: list[Record] = await anext(found, [])  # an error of the mesh is still an answer of its own
    response = web.StreamResponse(headers={"Content-Disposition": f'attachment; filename="sonicmesh.{wanted.format}"'})
    response.content_type = MEDIA[wanted.format]
    await response.prepare(request)
    await response.write(form.page(first))
    async for records in found:
        await response.write(form.page(records))
    await response.write(form.end())
    return response
