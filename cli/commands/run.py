"""`sonicmesh run`: starts the mesh, embeds the library, shows the result, leaves the mesh running."""

from __future__ import annotations

import time
from typing import Annotated, Any, Final

import typer

from broker.client import MeshClient
from cli import output
from cli.commands.embed import job_line
from cli.commands.options import AsJson
from cli.mesh import CALL_SECONDS, similar, wait_for_services
from cli.starting import invitation, notices, parts, prepare, urls
from cli.supervisor import Supervisor
from cli.view import all_failures, follow_embedding, print_failures, print_tracks
from contract.embedding import embedding_service
from contract.errors import Conflict, DeadlineExceeded
from contract.jobs import StartRequest, document
from contract.library import Library, LibraryClient, TracksRequest
from contract.message import Nothing
from contract.search import PageRequest, Search, SearchClient
from contract.settings import load_settings
from gateway.settings import GatewaySettings
from workers.folder.opening import look_at
from workers.models.registry import DEFAULT
from workers.runtime.settings import WorkerSettings

#: Seconds within which every part of a new mesh must register.
START_SECONDS: Final = 60.0
#: Seconds within which the library worker must read the database.
LIBRARY_SECONDS: Final = 60.0
#: Tracks to show as "like one of them".
SHOWN_TRACKS: Final = 5


def run(
    wait: Annotated[bool, typer.Option(help="Follow the job that embeds new tracks.")] = True,
    as_json: AsJson = False,
) -> None:
    """Start the mesh (or join the running one), embed what is new and print a playlist.

    Without NAVIDROME_DB_PATH, make a demo library first.
    """
    summary = run_mesh(wait=wait, as_json=as_json)
    if as_json:
        output.print_json(summary_document(summary))
    else:
        print_summary(summary)
    if "job" in summary and summary["job"].status == "failed":
        raise typer.Exit(output.FAILED)


def run_mesh(*, wait: bool, as_json: bool) -> dict[str, Any]:
    """Start the mesh or join the running one, embed what is new if `wait`; return what `run` prints."""
    workers = load_settings(WorkerSettings)
    gateway = load_settings(GatewaySettings)
    supervisor = Supervisor(workers)
    look_at(workers.data)
    joined = supervisor.running()
    if joined:
        _say(as_json, "the mesh is already running")
    else:
        _start(supervisor, workers, gateway, as_json)
    with MeshClient(workers.broker_endpoint) as client:
        _wait_until_ready(client, workers)
        summary: dict[str, Any] = {"joined": joined, "urls": urls(gateway)}
        if wait:
            summary |= _embed(client, as_json, joined=joined)
        summary |= _example(client)
    return summary


def _say(as_json: bool, text: str) -> None:
    output.say(text, to=output.errors if as_json else output.console)


def _start(supervisor: Supervisor, workers: WorkerSettings, gateway: GatewaySettings, as_json: bool) -> None:
    scale = prepare(workers, gateway, lambda text: _say(as_json, text), foreground=False, quiet=as_json)
    supervisor.launch()
    _say(as_json, f"started the mesh: {parts(scale)}")
    for line in (*notices(workers), *invitation(gateway)):
        _say(as_json, line)


def _wait_until_ready(client: MeshClient, workers: WorkerSettings) -> None:
    wanted = {Search.service, Library.service, *map(embedding_service, workers.models)}
    if missing := wait_for_services(client, wanted, START_SECONDS):
        names = ", ".join(sorted(missing))
        raise DeadlineExceeded(f"no worker for {names} after {START_SECONDS:.0f} s: see {workers.logs}")
    deadline = time.monotonic() + LIBRARY_SECONDS
    library = LibraryClient(client)
    while (status := library.status(Nothing(), timeout=CALL_SECONDS)).state != "ready":
        if time.monotonic() > deadline:
            raise DeadlineExceeded(f"the library is not ready: {status.reason}")
        time.sleep(0.2)


def _embed(client: MeshClient, as_json: bool, *, joined: bool) -> dict[str, Any]:
    """Start the job that embeds what is missing, or join the running one; follow it to its end.

    A mesh that has just started may have begun that job already; that is not worth a message.
    """
    try:
        LibraryClient(client).start_job(StartRequest(), timeout=CALL_SECONDS)
    except Conflict:
        if joined:
            _say(as_json, "a job is already running: following it")
    job = follow_embedding(client, quiet=as_json)
    return {"job": job, "failures": all_failures(client)}


def _example(client: MeshClient) -> dict[str, Any]:
    """Return a track of the library that has a vector, and some tracks like it."""
    scanned = SearchClient(client).scan(PageRequest(model=_first_model(client)), timeout=CALL_SECONDS)
    gone = frozenset(LibraryClient(client).missing(Nothing(), timeout=CALL_SECONDS).track_ids)
    present = [row.track_id for row in scanned.rows if row.track_id not in gone]
    wanted = TracksRequest(track_ids=present)
    tracks = LibraryClient(client).tracks(wanted, timeout=CALL_SECONDS).tracks if present else []
    if not tracks:
        return {"example": None}
    seed = tracks[0]
    return {"example": {"seed": seed, **similar(client, [seed.id], SHOWN_TRACKS)}}


def _first_model(client: MeshClient) -> str:
    models = SearchClient(client).status(Nothing(), timeout=CALL_SECONDS).models
    return max(models, key=lambda model: models[model].count, default=DEFAULT)


def summary_document(summary: dict[str, Any]) -> dict[str, Any]:
    """Return the summary for scripts."""
    return summary | ({"job": document(summary["job"])} if "job" in summary else {})


def print_summary(summary: dict[str, Any]) -> None:
    """Print the summary for people."""
    if "job" in summary:
        output.say(job_line(summary["job"]))
        print_failures(summary["failures"])
    if summary["example"]:
        seed = summary["example"]["seed"]
        output.console.print()
        print_tracks(f"five tracks like {seed.artist} - {seed.title}", summary["example"]["tracks"])
    output.console.print()
    for name, url in summary["urls"].items():
        output.console.print(f"{name:<8} {url}")
    output.say("sonicmesh status | watch | recommend TRACK      stop with: sonicmesh stop", style="dim")
