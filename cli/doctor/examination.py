"""All checks, in the order in which people need them."""

from __future__ import annotations

from typing import TypeVar

from broker.client import MeshClient
from cli.doctor.files import check_files
from cli.doctor.finding import Finding, Findings, ok, wrong
from cli.doctor.folder import check_version
from cli.doctor.machine import check_machine, check_ports, check_token
from cli.doctor.music import check_music
from cli.doctor.parts import check_models, check_running, check_standing
from cli.doctor.plugin import check_plugin
from cli.doctor.uploads import check_upload_users, check_uploads
from cli.supervisor import Supervisor
from contract.settings import MeshSettings, SettingsError, load_settings
from gateway.settings import GatewaySettings
from workers.library.settings import LibrarySettings
from workers.search.settings import SearchSettings

S = TypeVar("S", bound=MeshSettings)


def examine() -> Findings:
    """Yield every finding as soon as it is known. Unreadable settings hide only the checks that depend on them."""
    gateway, problem = _settings(GatewaySettings)
    library, other = _settings(LibrarySettings)
    search, third = _settings(SearchSettings)
    problems = {finding.message: finding for finding in (problem, other, third) if finding is not None}
    yield from problems.values()
    if not problems:
        yield ok("settings", "can all be read")
    running = search is not None and Supervisor(search).running()
    if gateway is not None:
        yield check_token(gateway)
        yield from check_ports(gateway, running=running)
        yield check_uploads(gateway, running=running)
        if library is not None:
            yield from check_upload_users(gateway, library.database)
    if search is not None:
        yield from check_machine(search)
        yield check_files(search)
        yield check_version(search.data)
    if library is not None:
        yield from check_music(library)
    if search is not None:
        yield from check_models(search)
        yield from _mesh(search, running=running)
    if gateway is not None and running:
        yield check_plugin(gateway)


def _settings(cls: type[S]) -> tuple[S | None, Finding | None]:
    try:
        return load_settings(cls), None
    except SettingsError as error:
        return None, wrong("settings", error.message, "`sonicmesh config` explains every setting; correct .env")


def _mesh(search: SearchSettings, *, running: bool) -> Findings:
    if not running:
        yield from check_standing(search)
        return
    with MeshClient(search.broker_endpoint) as client:
        yield from check_running(search, client, Supervisor(search))
