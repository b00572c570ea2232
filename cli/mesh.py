"""The command's access to the mesh: settings, a client, and the calls that several commands share."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from broker.client import MeshClient
from cli.supervisor import NotRunning, Supervisor
from contract.errors import DeadlineExceeded, MeshError, NotFound, NoWorker
from contract.library import FindRequest, LibraryClient, TracksRequest
from contract.mesh import ManagementClient
from contract.message import Nothing, fields_of
from contract.search import RecommendRequest, SearchClient, Seed
from contract.settings import MeshSettings, load_settings
from contract.track import Track

#: Seconds that a part of the mesh may take to answer the command.
CALL_SECONDS: Final = 10.0
#: Seconds between two checks of parts that are starting.
READY_POLL_SECONDS: Final = 0.1


@contextmanager
def connected(settings: MeshSettings | None = None) -> Iterator[MeshClient]:
    """Connect a client to the running mesh. Raises `NotRunning` if there is none."""
    settings = settings or load_settings(MeshSettings)
    if not Supervisor(settings).running():
        raise NotRunning("the mesh is not running; start it with `sonicmesh run`")
    with MeshClient(settings.broker_endpoint) as client:
        yield client


def services(client: MeshClient) -> set[str]:
    """Return the names of the services that have a worker now."""
    rows = ManagementClient(client).services(Nothing(), timeout=CALL_SECONDS).services
    return {row.service for row in rows if row.workers}


def wait_for_services(client: MeshClient, wanted: set[str], seconds: float) -> set[str]:
    """Wait until every service in `wanted` has a worker; return those that still have none after `seconds`."""
    deadline = time.monotonic() + seconds
    missing = wanted
    while missing and time.monotonic() < deadline:
        try:
            missing = wanted - services(client)
        except MeshError as error:
            if not isinstance(error, DeadlineExceeded | NoWorker):
                raise
        if missing:
            time.sleep(READY_POLL_SECONDS)
    return missing


def find_track(client: MeshClient, query: str) -> Track:
    """Return the track that best matches an id, a path or some words. Raises `NotFound`."""
    tracks = LibraryClient(client).find(FindRequest(query=query, limit=1), timeout=CALL_SECONDS).tracks
    if not tracks:
        raise NotFound(f"no track matches {query!r}: give an id, a path, or words of its title and artist")
    return tracks[0]


def similar(
    client: MeshClient, track_ids: list[str], limit: int, *, diversity: float = 0.0, models: list[str] | None = None
) -> dict[str, Any]:
    """Return a document: `tracks`, up to `limit` tracks similar to those given with their details, and `warnings`."""
    seeds = [Seed(track_id=track_id, source="cli") for track_id in track_ids]
    request = RecommendRequest(limit=limit, seeds=seeds, diversity=diversity, models=models)
    answer = SearchClient(client).recommend(request, timeout=CALL_SECONDS)
    asked = TracksRequest(track_ids=[track.track_id for track in answer.tracks])
    by_id = {track.id: track for track in LibraryClient(client).tracks(asked, timeout=CALL_SECONDS).tracks}
    tracks = [_told(by_id.get(track.track_id)) | fields_of(track) for track in answer.tracks]
    return {"tracks": tracks, "warnings": [warned.message for warned in answer.warnings]}


def _told(track: Track | None) -> dict[str, Any]:
    return fields_of(track) if track else {}
