"""`sonicmesh status`: processes, services, workers, queues, library and job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from broker.client import MeshClient
from cli import output
from cli.commands.embed import job_line
from cli.commands.options import AsJson
from cli.mesh import connected
from cli.supervisor import Supervisor
from cli.view import all_failures, print_failures, vector_counts
from contract.errors import MeshError
from contract.jobs import Failure, Progress
from contract.message import plain
from contract.operation import LANES
from contract.reading import read
from contract.settings import MeshSettings, load_settings
from contract.text import terminal
from workers.folder.opening import look_at
from workers.folder.versions import newest

#: Seconds that one part may take to answer; the others are shown all the same.
PART_SECONDS: Final = 2.0


def _part(client: MeshClient, service: str, op: str) -> dict[str, Any]:
    """Status of one part, or its error: a part that is down must not hide the others."""
    try:
        return client.call(service, op, timeout=PART_SECONDS).result
    except MeshError as error:
        return {"error": error.to_wire()}


def collect(client: MeshClient, settings: MeshSettings) -> dict[str, Any]:
    """Everything that `status` shows, as one document."""
    shown = ("group", "name", "statename", "pid", "description")
    processes = [{key: p[key] for key in shown} for p in Supervisor(settings).processes()]
    return {
        "processes": [p for p in processes if p["statename"] != "STOPPED"],
        "workers": _part(client, "mmi.workers", "mmi.workers").get("workers", []),
        "queues": _part(client, "mmi.queues", "mmi.queues"),
        "library": _part(client, "library", "library.status"),
        "store": _part(client, "search", "store.status"),
        "job": _part(client, "library", "batch.progress"),
        "data": _data(settings.data),
    }


def _data(folder: Path) -> dict[str, Any]:
    """Folder, version and this release's version of it, or why it cannot be used: then workers wait."""
    try:
        return {"folder": str(folder), "version": look_at(folder).version, "newest": newest()}
    except MeshError as error:
        return {"folder": str(folder), "error": error.to_wire()}


def status(
    failures: Annotated[bool, typer.Option("--failures", help="Also list every track that failed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what runs, what waits and how the job is doing."""
    settings = load_settings(MeshSettings)
    with connected(settings) as client:
        document = collect(client, settings)
        if failures:
            document["failures"] = plain(all_failures(client))
    if as_json:
        output.print_json(document)
        return
    _print_processes(document)
    _print_parts(document)
    if failures:
        print_failures(read(list[Failure], document["failures"]), most=len(document["failures"]))


def _print_processes(document: dict[str, Any]) -> None:
    workers = {w["worker"]: w for w in document["workers"] if w.get("worker")}
    queues = document["queues"].get("queues", {})
    table = Table(box=None, pad_edge=False)
    for column in ("process", "state", "service", "holds", "waiting", ""):
        table.add_column(column)
    for process in document["processes"]:
        worker = workers.get(process["name"], {})
        queue = queues.get(worker.get("service"), {})
        holds = f"{worker['in_flight']} of {worker['credit']}" if worker else ""
        waiting = str(sum(queue.get(lane, 0) for lane in LANES)) if queue else ""
        state = process["statename"].lower()
        row = (process["name"], state, worker.get("service", ""), holds, waiting, process["description"])
        table.add_row(*map(terminal, row))
    output.console.print(table)


def _print_parts(document: dict[str, Any]) -> None:
    library_part, store, job = document["library"], document["store"], document["job"]
    if "error" in document["data"]:
        output.say(f"data: {document['data']['error']['message']}")
    if "error" in library_part:
        output.say(f"library: {library_part['error']['message']}")
    else:
        reason = f": {library_part['reason']}" if library_part.get("reason") else ""
        output.say(f"library: {library_part['state']}{reason}, {library_part.get('tracks', 0)} tracks")
    if "error" in store:
        output.say(f"store: {store['error']['message']}")
    else:
        output.say(f"vectors: {vector_counts(store['models']) or 'none yet'}")
    output.say(f"job: {job['error']['message'] if 'error' in job else job_line(read(Progress, job))}")
