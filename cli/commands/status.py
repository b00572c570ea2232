"""`sonicmesh status`: processes, services, workers, queues, library and job."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer
from rich.table import Table

from broker.client import MeshClient
from cli import output
from cli.commands.embed import job_line
from cli.commands.options import AsJson
from cli.mesh import connected
from cli.supervisor import Supervisor
from cli.view import all_failures, print_failures, vector_counts
from contract.errors import ErrorInfo, MeshError
from contract.jobs import Progress, document
from contract.library import LibraryClient, LibraryStatus
from contract.mesh import ManagementClient, Queues, WorkerRow
from contract.message import Message, Nothing, plain
from contract.operation import LANES, BlockingCall
from contract.search import SearchClient, StoreStatus
from contract.settings import MeshSettings, load_settings
from contract.text import terminal
from workers.folder.opening import look_at
from workers.folder.versions import newest

A = TypeVar("A", bound=Message)

#: Seconds that one part may take to answer; the others are shown anyway.
PART_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Silent:
    """A part that does not answer, and the reason."""

    error: ErrorInfo


@dataclass(frozen=True)
class Status:
    """Everything that `status` shows."""

    processes: list[dict[str, Any]]
    workers: list[WorkerRow]
    queues: Queues | Silent
    library: LibraryStatus | Silent
    store: StoreStatus | Silent
    job: Progress | Silent
    data: dict[str, Any]


def _part(ask: BlockingCall[Nothing, A]) -> A | Silent:
    """Return the status of one part or its error: a part that is down must not hide the others."""
    try:
        return ask(Nothing(), timeout=PART_SECONDS)
    except MeshError as error:
        return Silent(ErrorInfo(**error.to_wire()))


def collect(client: MeshClient, settings: MeshSettings) -> Status:
    """Collect what `status` shows."""
    shown = ("group", "name", "statename", "pid", "description")
    processes = [{key: p[key] for key in shown} for p in Supervisor(settings).processes()]
    mesh, library = ManagementClient(client), LibraryClient(client)
    workers = _part(mesh.workers)
    return Status(
        processes=[p for p in processes if p["statename"] != "STOPPED"],
        workers=[] if isinstance(workers, Silent) else workers.workers,
        queues=_part(mesh.queues),
        library=_part(library.status),
        store=_part(SearchClient(client).status),
        job=_part(library.progress),
        data=_data(settings.data),
    )


def _data(folder: Path) -> dict[str, Any]:
    """Return the folder, its version and this release's version, or why it cannot be used and workers wait."""
    try:
        return {"folder": str(folder), "version": look_at(folder).version, "newest": newest()}
    except MeshError as error:
        return {"folder": str(folder), "error": error.to_wire()}


def status(
    failures: Annotated[bool, typer.Option("--failures", help="Also list every track that failed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what runs, what waits and how the job is progressing."""
    settings = load_settings(MeshSettings)
    with connected(settings) as client:
        state = collect(client, settings)
        failed = all_failures(client) if failures else []
    if as_json:
        output.print_json(_document(state) | ({"failures": failed} if failures else {}))
        return
    _print_processes(state)
    _print_parts(state)
    if failures:
        print_failures(failed, most=len(failed))


def _document(state: Status) -> dict[str, Any]:
    """Return the same for scripts."""
    job = state.job if isinstance(state.job, Silent) else document(state.job)
    return vars(state) | {"workers": plain(state.workers), "job": job}


def _print_processes(found: Status) -> None:
    workers = {worker.worker: worker for worker in found.workers}
    queues = {} if isinstance(found.queues, Silent) else found.queues.queues
    table = Table(box=None, pad_edge=False)
    for column in ("process", "state", "service", "holds", "waiting", ""):
        table.add_column(column)
    for process in found.processes:
        worker = workers.get(process["name"])
        service = worker.service if worker else ""
        queue = queues.get(service, {})
        holds = f"{worker.in_flight} of {worker.credit}" if worker else ""
        waiting = str(sum(queue.get(lane, 0) for lane in LANES)) if queue else ""
        state = process["statename"].lower()
        row = (process["name"], state, service, holds, waiting, process["description"])
        table.add_row(*map(terminal, row))
    output.console.print(table)


def _print_parts(state: Status) -> None:
    library, store, job = state.library, state.store, state.job
    if "error" in state.data:
        output.say(f"data: {state.data['error']['message']}")
    if isinstance(library, Silent):
        output.say(f"library: {library.error.message}")
    else:
        reason = f": {library.reason}" if library.reason else ""
        output.say(f"library: {library.state}{reason}, {library.tracks} tracks")
    if isinstance(store, Silent):
        output.say(f"store: {store.error.message}")
    else:
        output.say(f"vectors: {vector_counts(store.models) or 'none yet'}")
    output.say(f"job: {job.error.message if isinstance(job, Silent) else job_line(job)}")
