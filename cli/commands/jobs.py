"""`sonicmesh jobs` and `sonicmesh job`: list past jobs and control running ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final, cast, get_args

import orjson
import typer
from rich.table import Table

from cli import output
from cli.commands.options import AsJson
from cli.follow import failed, follow
from cli.mesh import CALL_SECONDS, connected
from contract.jobs import JobKind, KindRequest, PastJob, StartJobRequest
from contract.library import LibraryClient
from contract.message import Nothing, plain
from contract.text import terminal

KINDS: Final = ", ".join(get_args(JobKind))
Kind = Annotated[str, typer.Argument(help=f"Kind of job: {KINDS}.")]


def jobs(as_json: AsJson = False) -> None:
    """List the jobs of all kinds, newest first."""
    with connected() as client:
        history = LibraryClient(client).jobs(Nothing(), timeout=CALL_SECONDS).jobs
    if as_json:
        output.print_json(plain(history))
        return
    if not history:
        output.say("no job has run yet")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("began", "kind", "status", "steps", ""):
        table.add_column(column)
    for job in history:
        table.add_row(*map(terminal, _row(job)))
    output.console.print(table)


def _row(job: PastJob) -> tuple[str, ...]:
    began = datetime.fromtimestamp(job.started_at or 0.0, UTC).strftime("%Y-%m-%d %H:%M UTC")
    steps = f"{job.processed_operations} of {job.total_operations}" if job.total_operations else ""
    return began, job.kind + (" (automatic)" if job.automatic else ""), job.status, steps, job.message


def start(
    kind: Kind,
    options: Annotated[list[str] | None, typer.Argument(help="Options of this kind of job, as NAME=VALUE.")] = None,
    wait: Annotated[bool, typer.Option(help="Follow the job to its end.")] = True,
    as_json: AsJson = False,
) -> None:
    """Start a job, such as `sonicmesh job start prune all=true`."""
    request = StartJobRequest(kind=_kind(kind), options=dict(map(_option, options or ())))
    with connected() as client:
        library = LibraryClient(client)
        started = library.begin_job(request, timeout=CALL_SECONDS)
        for warned in started.warnings:
            output.note(warned.message)
        if not wait:
            output.print_json(plain(started)) if as_json else output.say(f"{kind} has started")
            return
        job = follow(library, started.job_id, quiet=as_json)
    if as_json:
        output.print_json(plain(job))
    elif (error := failed(job)) is not None:
        raise error
    else:
        output.say(f"{kind}: {job.status}")
    if job.status == "failed":
        raise typer.Exit(output.FAILED)


def pause(kind: Kind, as_json: AsJson = False) -> None:
    """Pause the job of a kind."""
    _steer("pause", kind, as_json)


def resume(kind: Kind, as_json: AsJson = False) -> None:
    """Resume the paused job of a kind."""
    _steer("resume", kind, as_json)


def cancel(kind: Kind, as_json: AsJson = False) -> None:
    """Cancel the job of a kind."""
    _steer("cancel", kind, as_json)


def _steer(what: str, kind: str, as_json: bool) -> None:
    request = KindRequest(kind=_kind(kind))
    with connected() as client:
        library = LibraryClient(client)
        call = {"pause": library.pause_job, "resume": library.resume_job, "cancel": library.cancel_job}[what]
        state = call(request, timeout=CALL_SECONDS)
    output.print_json(plain(state)) if as_json else output.say(f"{kind}: {state.status}")


def _kind(text: str) -> JobKind:
    name = text.replace("-", "_")
    if name not in get_args(JobKind):
        raise typer.BadParameter(f"there is no kind of job {text!r}; there are {KINDS}")
    return cast(JobKind, name)


def _option(text: str) -> tuple[str, Any]:
    """Parse NAME=VALUE; a value that is not JSON counts as text."""
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"expected NAME=VALUE, not {text!r}")
    try:
        return name, orjson.loads(value)
    except orjson.JSONDecodeError:
        return name, value
