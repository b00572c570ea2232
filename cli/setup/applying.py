"""Writes what was chosen into the data folder, and restarts the mesh with it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from broker.client import MeshClient
from cli.plugin_folder import NAME as PLUGIN_NAME
from cli.plugin_folder import place
from cli.plugin_package import existing_package
from cli.programs import in_foreground
from cli.setup.checking import MAP, WINNERS, chosen_pairs
from cli.setup.databases import database_of, read
from cli.setup.places import plugin_folder
from cli.setup.trying import sampled
from cli.starting import write_for_supervisord
from cli.supervisor import Supervisor
from contract.errors import Conflict, MeshError, NotFound
from contract.library import LibraryClient
from contract.message import Nothing
from contract.settings import SettingsError, home, load_settings
from contract.settings_file import NAME, data_folder, origin, values, write_settings
from contract.setup import Applied, ApplyRequest
from gateway.settings import GatewaySettings
from workers.folder.opening import open_folder
from workers.library.settings import LibrarySettings
from workers.models.registry import spec
from workers.runtime.settings import WorkerSettings

DATABASE: Final = "NAVIDROME_DB_PATH"
URL: Final = "NAVIDROME_URL"
MODELS: Final = "SONICMESH_MODELS"
#: Seconds that the library worker may take to end its job.
JOB_SECONDS: Final = 5.0


def apply(request: ApplyRequest) -> Applied:
    """Write the settings; the mesh is restarted separately, by `restart`.

    Raises `InvalidRequest`, `Conflict` if a setting that wins says otherwise, `Forbidden`, `NotFound`.
    """
    chosen = _chosen(request)
    _check_winners(chosen)
    data = data_folder(home())
    before = values(data / NAME)
    with open_folder(data):
        path = write_settings(data, chosen)
    try:
        for kind in (LibrarySettings, GatewaySettings, WorkerSettings):
            load_settings(kind)
    except SettingsError:
        write_settings(data, before)
        raise
    plugin = _put_plugin() if request.install_plugin else ""
    restarting = Supervisor(load_settings(WorkerSettings)).running()
    return Applied(settings_file=str(path), variables=chosen, restarting=restarting, plugin=plugin)


def restart(*, other_library: bool = True) -> None:
    """Restart the running mesh with the settings as they are now. Raises `NotRunning`.

    `other_library`: the running job is about tracks that are gone after it, so it ends.
    """
    settings = load_settings(WorkerSettings)
    supervisor = Supervisor(settings)
    supervisor.processes()  # raises if it does not run
    if other_library:
        _end_job(settings)
    write_for_supervisord(settings, foreground=in_foreground(), quiet=True)
    supervisor.restart()


def _end_job(settings: WorkerSettings) -> None:
    with MeshClient(settings.broker_endpoint) as client, suppress(MeshError):  # most often there is none
        LibraryClient(client).cancel(Nothing(), timeout=JOB_SECONDS)


def _chosen(request: ApplyRequest) -> dict[str, str]:
    path = database_of(request)
    pairs, _ = chosen_pairs(request, sampled(read(path)), path)
    for model in request.models:
        spec(model)
    return {
        DATABASE: str(path),
        MAP: ",".join(f"{pair.theirs}={pair.here}" for pair in pairs),
        URL: request.navidrome_url.strip().rstrip("/"),
        MODELS: ",".join(dict.fromkeys(request.models)),
    }


def _check_winners(chosen: dict[str, str]) -> None:
    for variable, value in chosen.items():
        where = WINNERS.get(origin(home(), variable))
        if where is None or not value:
            continue
        now = os.environ.get(variable) or values(home() / ".env").get(variable, "")
        if ",".join(part.strip() for part in now.split(",")) != value:
            raise Conflict(f"{variable} is set in {where} to {now}, which wins: change it there, or choose the same")


def _put_plugin() -> str:
    folder = plugin_folder()
    if not folder:
        raise NotFound("no plugin folder was mounted for the mesh to write to: mount Navidrome's `plugins` folder")
    place(existing_package(), Path(folder))
    return str(Path(folder) / PLUGIN_NAME)
