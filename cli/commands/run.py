"""`sonicmesh run`: starts the mesh, embeds the library, shows the result, leaves the mesh running."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Iterator
from typing import Annotated, Any, Final

import rich.progress
import typer

import demo
from broker.client import MeshClient
from cli import output
from cli.commands.embed import job_line
from cli.commands.options import AsJson
from cli.mesh import CALL_SECONDS, similar, wait_for_services
from cli.programs import write_programs
from cli.supervisor import Supervisor, clear_leftovers
from cli.view import all_failures, follow_embedding, print_failures, print_tracks
from contract.embedding import embedding_service
from contract.errors import Conflict, DeadlineExceeded
from contract.jobs import StartRequest, document
from contract.library import Library, LibraryClient, TracksRequest
from contract.message import Nothing
from contract.private import private_folder
from contract.search import PageRequest, Search, SearchClient
from contract.settings import SettingsError, home, load_settings
from gateway.settings import GatewaySettings
from workers.folder.opening import look_at, open_folder
from workers.folder.versions import newest
from workers.library.settings import LibrarySettings
from workers.models.registry import DEFAULT, FALLBACK
from workers.runtime.default_model import tell_once
from workers.runtime.settings import WorkerSettings

#: Seconds within which every part of a new mesh must register.
START_SECONDS: Final = 60.0
#: Seconds within which the library worker must read the database.
LIBRARY_SECONDS: Final = 60.0
#: Seconds that a killed gateway may take to release its ports.
PORT_SECONDS: Final = 5.0
#: Tracks to show as "like one of them".
SHOWN_TRACKS: Final = 5


def run(
    wait: Annotated[bool, typer.Option(help="Follow the job that embeds new tracks.")] = True,
    as_json: AsJson = False,
) -> None:
    """Start the mesh (or join the running one), embed what is new and print a playlist.

    Without NAVIDROME_DB_PATH, make a demo library first.
    """
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
    if as_json:
        output.print_json(_document(summary))
    else:
        _print_summary(summary)
    if "job" in summary and summary["job"].status == "failed":
        raise typer.Exit(output.FAILED)


def _say(as_json: bool, text: str) -> None:
    output.say(text, to=output.errors if as_json else output.console)


def urls(gateway: GatewaySettings) -> dict[str, str]:
    """Return the addresses of the mesh for people and Navidrome."""
    host = "127.0.0.1" if gateway.host in {"0.0.0.0", "::"} else gateway.host
    base = f"http://{host}:{gateway.port}"
    return {"gateway": base, "health": f"{base}/readyz", "api": f"{base}/docs", "metrics": f"{base}/metrics"}


def _start(supervisor: Supervisor, workers: WorkerSettings, gateway: GatewaySettings, as_json: bool) -> None:
    workers.make_folders()
    if leftovers := clear_leftovers():
        _say(as_json, f"cleared {leftovers} processes that an earlier mesh left behind")
    _open_data(workers, as_json)
    check_ports(gateway)
    environment = _demo_environment(workers, as_json)
    scale = write_programs(workers, tuple(workers.models), environment)
    private_folder(home() / "logs")  # supervisord's own log
    supervisor.launch()
    running = ", ".join(f"{model} x{number}" for model, number in scale.items() if number)
    _say(as_json, f"started the mesh: broker, search, library, gateway, {running}")
    for line in about_the_default(workers):
        _say(as_json, line)


def about_the_default(workers: WorkerSettings) -> Iterator[str]:
    """Yield lines about the default model of this installation."""
    if tell_once(workers.data, workers.named_models):
        yield (
            f"SONICMESH_MODELS names {','.join(workers.named_models)} and stays in force. There is now a better "
            f"default, `{DEFAULT}`. Remove SONICMESH_MODELS, and the library moves to it in the background "
            "(docs/operate/models.md)"
        )
    elif not workers.named_models and workers.models == (FALLBACK,):
        yield (
            f"musicnn's weights are not installed: using `{FALLBACK}` alone. `sonicmesh models download "
            f"musicnn` fetches them (29 MB); after a restart the mesh uses `{DEFAULT}`, which hears more"
        )
    elif FALLBACK in workers.models and not workers.named_models:
        yield f"`{DEFAULT}` listens to the library in the background; `{FALLBACK}` answers until then"


def _open_data(workers: WorkerSettings, as_json: bool) -> None:
    """Upgrade the data folder before the parts of the mesh start, since each of them would."""
    with open_folder(workers.data) as folder:
        if folder.upgraded_from is not None:
            _say(as_json, f"upgraded {workers.data} from version {folder.upgraded_from} to {newest()}")


def check_ports(gateway: GatewaySettings) -> None:
    """Raise `SettingsError` if one of the gateway's ports cannot be bound.

    A killed process releases its ports a moment after it has left the process list, so a port in use is retried for a
    while.
    """
    until = time.monotonic() + PORT_SECONDS
    for variable, port in (("NAVIDROME_RECOMMENDER_PORT", gateway.port), ("TEXT_EMBEDDING_PORT", gateway.text_port)):
        while (error := _port_error(gateway.host, port)) is not None:
            if error.errno != errno.EADDRINUSE or time.monotonic() > until:
                raise SettingsError(
                    f"{gateway.host}:{port} cannot be used ({error.strerror}): "
                    f"stop the program that listens there, or set {variable} to a free port"
                ) from error
            time.sleep(0.05)


def _port_error(host: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def _demo_environment(workers: WorkerSettings, as_json: bool) -> dict[str, str]:
    """Build the demo library if no database is configured; return the library worker's environment for it."""
    if load_settings(LibrarySettings).database:
        return {}
    folder = workers.data / "demo"
    with rich.progress.Progress(console=output.console, disable=as_json, transient=True) as bar:
        task = bar.add_task("no NAVIDROME_DB_PATH is set: making a demo library")
        made = demo.build(folder, progress=lambda done, total: bar.update(task, completed=done, total=total))
    _say(as_json, f"demo library: {len(made.tracks)} tracks in {folder} (set NAVIDROME_DB_PATH for your own)")
    return {"NAVIDROME_DB_PATH": str(made.database)}


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
    """Return a track that has a vector, and some tracks like it."""
    scanned = SearchClient(client).scan(PageRequest(model=_first_model(client), limit=1), timeout=CALL_SECONDS)
    wanted = TracksRequest(track_ids=[row.track_id for row in scanned.rows])
    tracks = LibraryClient(client).tracks(wanted, timeout=CALL_SECONDS).tracks if scanned.rows else []
    if not tracks:
        return {"example": None}
    [seed] = tracks
    return {"example": {"seed": seed, **similar(client, [seed.id], SHOWN_TRACKS)}}


def _first_model(client: MeshClient) -> str:
    models = SearchClient(client).status(Nothing(), timeout=CALL_SECONDS).models
    return max(models, key=lambda model: models[model].count, default=DEFAULT)


def _document(summary: dict[str, Any]) -> dict[str, Any]:
    """Return the summary for scripts."""
    return summary | ({"job": document(summary["job"])} if "job" in summary else {})


def _print_summary(summary: dict[str, Any]) -> None:
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
    output.say("sonicmesh status | watch | recommend TRACK      stop with: make stop", style="dim")
