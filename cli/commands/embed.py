"""`sonicmesh embed`: start a job and follow it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli import output
from cli.commands.options import AsJson
from cli.mesh import connected, library
from cli.view import all_failures, follow_embedding, print_failures
from contract.errors import Conflict


def embed(
    models: Annotated[list[str] | None, typer.Option("--model", help="Model to use; may be repeated.")] = None,
    clear: Annotated[
        bool, typer.Option("--clear", help="Build all vectors anew; the old ones serve meanwhile.")
    ] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try again what failed for good.")] = False,
    wait: Annotated[bool, typer.Option(help="Follow the job to its end.")] = True,
    as_json: AsJson = False,
) -> None:
    """Embed what is new, changed or missing. Joins a job that runs already."""
    request = {"models": models or None, "clear_existing": clear, "retry_failed": retry_failed}
    with connected() as client:
        try:
            started = library(client, "batch.start", request)
            for warning in started["warnings"]:
                output.note(warning)
        except Conflict as error:
            if clear or retry_failed or models:
                raise
            output.say(error.message, to=output.errors)
        job = follow_embedding(client, quiet=as_json) if wait else library(client, "batch.progress")
        failures = all_failures(client) if wait else []
    if as_json:
        output.print_json(job)
    elif wait:
        output.say(job_line(job))
        print_failures(failures)
    if job["status"] == "failed":
        raise typer.Exit(output.FAILED)


def job_line(job: dict[str, Any]) -> str:
    """One line that says how a job went."""
    if job["status"] == "no_job":
        return "no job has run yet"
    waits = f"; {job['waiting']['reason']}" if job.get("waiting") else ""
    if job["status"] == "completed" and not job.get("total_operations"):
        return waits.removeprefix("; ") or "nothing new to embed"
    speeds = [
        f"{m} {v['tracks_per_hour']:,.0f} tracks an hour"
        for m, v in job.get("models", {}).items()
        if v.get("tracks_per_hour")
    ]
    failed, total = job.get("failed_tracks", 0), job.get("total_tracks", 0)
    done = job.get("processed_tracks", 0) - failed
    line = f"{job['status']}: {done} embedded, {failed} failed of {total} tracks"
    reason = f"; {job['message']}" if job["status"] == "failed" and job.get("message") else waits
    return f"{line} ({', '.join(speeds)}){reason}" if speeds else f"{line}{reason}"
