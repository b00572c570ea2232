"""`sonicmesh embed`: starts a job and follows it."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import output
from cli.commands.options import AsJson
from cli.mesh import CALL_SECONDS, connected
from cli.view import all_failures, embedding_job, follow_embedding, print_failures
from contract.errors import Conflict
from contract.jobs import NO_JOB, Progress, StartRequest, document
from contract.library import LibraryClient


def embed(
    models: Annotated[list[str] | None, typer.Option("--model", help="Model to use; may be repeated.")] = None,
    clear: Annotated[
        bool, typer.Option("--clear", help="Rebuild all vectors; the old ones stay in service meanwhile.")
    ] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Retry tracks that failed for good.")] = False,
    wait: Annotated[bool, typer.Option(help="Follow the job to its end.")] = True,
    as_json: AsJson = False,
) -> None:
    """Embed what is new, changed or missing. Joins a job that is running already."""
    request = StartRequest(models=models or None, clear_existing=clear, retry_failed=retry_failed)
    with connected() as client:
        try:
            for warned in LibraryClient(client).start_job(request, timeout=CALL_SECONDS).warnings:
                output.note(warned.message)
        except Conflict as error:
            if clear or retry_failed or models:
                raise
            output.say(error.message, to=output.errors)
        job = follow_embedding(client, quiet=as_json) if wait else embedding_job(client)
        failures = all_failures(client) if wait else []
    if as_json:
        output.print_json(document(job))
    elif wait:
        output.say(job_line(job))
        print_failures(failures)
    if job.status == "failed":
        raise typer.Exit(output.FAILED)


def job_line(job: Progress) -> str:
    """Say in one line how a job went."""
    if job.status == NO_JOB.status:
        return "no job has run yet"
    waits = f"; {job.waiting.reason}" if job.waiting else ""
    if job.status == "completed" and not job.total_operations:
        return waits.removeprefix("; ") or "nothing new to embed"
    speeds = [
        f"{name} {model.tracks_per_hour:,.0f} tracks per hour"
        for name, model in job.models.items()
        if model.tracks_per_hour
    ]
    done = job.processed_tracks - job.failed_tracks
    line = f"{job.status}: {done} embedded, {job.failed_tracks} failed of {job.total_tracks} tracks"
    reason = f"; {job.message}" if job.status == "failed" and job.message else waits
    return f"{line} ({', '.join(speeds)}){reason}" if speeds else f"{line}{reason}"
