"""How jobs, tracks and failures are shown."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TimeElapsedColumn
from rich.table import Table

from broker.client import MeshClient
from cli.mesh import CALL_SECONDS
from cli.output import PlainColumn, console, say
from contract.errors import Conflict
from contract.jobs import EMBED, ENDED, MAX_PAGE, NO_JOB, Failure, FailuresRequest, JobRequest, StartRequest
from contract.jobs import Progress as JobProgress
from contract.library import LibraryClient
from contract.message import Nothing
from contract.search import Collection
from contract.text import terminal

#: Seconds between two requests for a job's progress.
POLL_SECONDS: Final = 0.3
#: Characters of the current track in a bar.
MOST_SHOWN: Final = 60
#: Statuses of a job that has ended.
OVER: Final = ENDED | {NO_JOB.status}
#: Failures to read per call.
PAGE: Final = min(500, MAX_PAGE)


class JobBar:
    """A live progress bar of a job."""

    def __init__(self, *, quiet: bool = False) -> None:
        columns = (
            PlainColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            PlainColumn("{task.fields[eta]}"),
            PlainColumn("{task.fields[current]}", style="dim"),
        )
        self._progress = Progress(*columns, console=console, disable=quiet)
        self._task: TaskID | None = None

    def __enter__(self) -> JobBar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def update(self, job: JobProgress) -> None:
        """Show the current state of the job."""
        if job.status == NO_JOB.status:
            return
        if self._task is None:
            self._task = self._progress.add_task("", eta="", current="")
        self._progress.update(
            self._task,
            description=job.status if job.kind == EMBED or not job.message else job.message,
            total=job.total_operations or (0 if job.kind == EMBED else None),
            completed=job.processed_operations,
            eta=_remaining(job.estimated_completion),
            current=_shortened(f"waits: {job.waiting.reason}" if job.waiting else job.current_track),
        )


def _shortened(track: str) -> str:
    """Shorten `artist - title [model]` to fit the bar; the model stays visible."""
    name, bracket, model = track.rpartition(" [")
    width = MOST_SHOWN - len(bracket + model)
    return track if len(track) <= MOST_SHOWN or width < 1 else f"{name[: width - 1]}…{bracket}{model}"


def _remaining(estimated_completion: float | None) -> str:
    if not estimated_completion or not math.isfinite(estimated_completion):
        return ""
    seconds = max(0, round(estimated_completion - time.time()))
    return f"about {seconds // 60}:{seconds % 60:02d} left" if seconds < 3600 else f"about {seconds / 3600:.1f} h left"


def job_progress(client: MeshClient) -> JobProgress:
    """Return the running or last job."""
    return LibraryClient(client).progress(Nothing(), timeout=CALL_SECONDS)


def embedding_job(client: MeshClient) -> JobProgress:
    """Return the running or last embedding job."""
    job = job_progress(client)
    if job.kind == EMBED or job.status == NO_JOB.status:
        return job
    library = LibraryClient(client)  # a job of another kind is current, so none is embedding
    past = library.jobs(Nothing(), timeout=CALL_SECONDS).jobs
    last = next((job.job_id for job in past if job.kind == EMBED), None)
    return NO_JOB if last is None else library.job(JobRequest(job_id=last), timeout=CALL_SECONDS)


def follow_job(client: MeshClient, *, quiet: bool = False) -> JobProgress:
    """Show the embedding job until it ends or is paused; return its last state."""
    with JobBar(quiet=quiet) as bar:
        job = embedding_job(client)
        while True:
            bar.update(job)
            if job.status in OVER or job.status == "paused":
                return job
            time.sleep(POLL_SECONDS)
            job = LibraryClient(client).job(JobRequest(job_id=job.job_id), timeout=CALL_SECONDS)


def follow_embedding(client: MeshClient, *, quiet: bool = False) -> JobProgress:
    """Follow the running job; return the last state of the last job that did something.

    An automatic job leaves out tracks whose retry is not due yet, so a job for everything follows it.
    """
    job = follow_job(client, quiet=quiet)
    while job.automatic and job.status in {"completed", "completed_with_errors"}:
        with suppress(Conflict):  # another automatic job has started
            LibraryClient(client).start_job(StartRequest(), timeout=CALL_SECONDS)
        following = follow_job(client, quiet=quiet)
        job = following if following.total_operations else replace(job, automatic=False)
    return job


def all_failures(client: MeshClient) -> list[Failure]:
    """Return every failure and warning of the ledger."""
    failures: list[Failure] = []
    while True:
        request = FailuresRequest(offset=len(failures), limit=PAGE, warnings=True)
        page = LibraryClient(client).failures(request, timeout=CALL_SECONDS)
        failures += page.failures
        if not page.failures or len(failures) >= page.total:
            return failures


def print_failures(failures: Sequence[Failure], most: int = 10) -> None:
    """Print what failed and why, then what was embedded with a warning."""
    for kind, headline in (("failure", "not embedded"), ("warning", "embedded with a warning")):
        rows = [failure for failure in failures if failure.kind == kind]
        if not rows:
            continue
        console.print()
        say(f"{len(rows)} {headline}", style="bold")
        for row in rows[:most]:
            name = f"{row.artist} - {row.title}" if row.artist else row.title or row.track_id
            say(f"  {row.code:<16} {name}: {row.message}")
        if len(rows) > most:
            say(f"  ... and {len(rows) - most} more: `sonicmesh status --failures`")


def vector_counts(models: Mapping[str, Collection]) -> str:
    """List the vectors of present tracks, by model."""
    counts = []
    for model, state in models.items():
        hidden = state.hidden
        if state.count:
            counts.append(f"{model} {state.count - hidden}" + (f" (and {hidden} of vanished tracks)" if hidden else ""))
    return ", ".join(counts)


def print_tracks(title: str, tracks: Iterable[dict[str, Any]]) -> None:
    """Print a list with scores."""
    table = Table(title=terminal(title), title_justify="left", box=None, pad_edge=False)
    for column in ("score", "artist", "title", "album"):
        table.add_column(column, justify="right" if column == "score" else "left", overflow="fold")
    for track in tracks:
        name = track.get("title") or track["track_id"]
        cells = (track.get("artist", ""), name, track.get("album", ""))
        table.add_row(f"{track['score']:.3f}", *map(terminal, cells))
    console.print(table)
