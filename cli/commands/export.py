"""`sonicmesh export FILE`: labels, facts and vectors of everything that was heard."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from broker.aio import AsyncMeshClient
from cli import output
from cli.commands.options import AsJson
from cli.mesh import CALL_SECONDS, connected
from contract.errors import InvalidRequest
from contract.library import LibraryClient
from contract.message import Nothing
from contract.settings import MeshSettings, load_settings
from gateway.export.formats import ExportFormat, exporter
from gateway.export.records import parts


def export(
    file: Annotated[Path, typer.Argument(help="File to write: *.jsonl or *.parquet.")],
    model: Annotated[str | None, typer.Option("--model", help="Whose vectors; else the default model's.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write labels, facts and vectors of every recording that was heard to FILE."""
    form = _format(file)
    if file.exists() and not force:
        raise InvalidRequest(f"{file} exists; choose another name, or --force to replace it", {"field": "file"})
    settings = load_settings(MeshSettings)
    with connected(settings) as client:
        chosen = model or LibraryClient(client).models(Nothing(), timeout=CALL_SECONDS).default_model
    count = asyncio.run(_write(settings.broker_endpoint, chosen, form, file))
    if as_json:
        output.print_json({"file": str(file), "model": chosen, "recordings": count})
        return
    output.say(f"wrote {count} recordings with the vectors of {chosen} to {file}")


def _format(file: Path) -> ExportFormat:
    suffix = file.suffix.lstrip(".")
    if suffix == "jsonl":
        return "jsonl"
    if suffix == "parquet":
        return "parquet"
    raise InvalidRequest(f"{file}: the name has to end with .jsonl or .parquet", {"field": "file"})


async def _write(endpoint: str, model: str, form: ExportFormat, file: Path) -> int:
    """Write the file, whole or not at all; returns the number of recordings."""
    made = exporter(form)
    part = file.with_name(f"{file.name}.part")
    client = AsyncMeshClient(endpoint)
    count = 0
    try:
        with part.open("wb") as target:
            async for records in parts(client, model):
                target.write(made.page(records))
                count += len(records)
            target.write(made.end())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
        client.close()
    return count
