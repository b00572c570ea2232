"""Starts jobs of any kind and follows them to their end."""

from __future__ import annotations

import time
from typing import Any

from broker.client import MeshClient
from cli import output
from cli.mesh import CALL_SECONDS
from cli.view import POLL_SECONDS, JobBar
from contract.errors import Conflict, Internal, MeshError, error_from_wire
from contract.jobs import ENDED, JobKind, JobRequest, Progress, StartJobRequest
from contract.library import LibraryClient
from contract.message import Message, fields_of


def run_job(client: MeshClient, kind: JobKind, options: Message, *, quiet: bool) -> dict[str, Any]:
    """Start a job, follow it and return its result. Raises the error that it ended with."""
    library = LibraryClient(client)
    started = library.begin_job(StartJobRequest(kind=kind, options=fields_of(options)), timeout=CALL_SECONDS)
    for warned in started.warnings:
        output.note(warned.message)
    try:
        job = follow(library, started.job_id, quiet=quiet)
    except KeyboardInterrupt:
        output.note(f"the job continues; `sonicmesh job cancel {kind}` ends it")
        raise
    if (error := failed(job)) is not None:
        raise error
    return job.result or {}


def follow(library: LibraryClient, job_id: str, *, quiet: bool) -> Progress:
    """Show the job until it has ended; return its last state."""
    with JobBar(quiet=quiet) as bar:
        while True:
            job = library.job(JobRequest(job_id=job_id), timeout=CALL_SECONDS)
            bar.update(job)
            if job.status in ENDED:
                return job
            time.sleep(POLL_SECONDS)


def failed(job: Progress) -> MeshError | None:
    """Return the error that a job ended with; None if it completed."""
    if job.status == "failed":
        return error_from_wire(fields_of(job.error)) if job.error is not None else Internal(job.message)
    if job.status == "cancelled":
        return Conflict("the job was cancelled")
    return None
