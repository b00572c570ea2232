"""The command's way into the mesh: settings, a client, and the calls that several commands share."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from broker.client import MeshClient
from cli.supervisor import NotRunning, Supervisor
from contract.errors import MeshError, NotFound
from contract.settings import MeshSettings, load_settings

#: Seconds that a part of the mesh may take to answer the command.
CALL_SECONDS: Final = 10.0
#: Seconds between two looks at parts that are starting.
READY_POLL_SECONDS: Final = 0.1


@contextmanager
def connected(settings: MeshSettings | None = None) -> Iterator[MeshClient]:
    """A client of the running mesh. Raises `NotRunning` where there is none."""
    settings = settings or load_settings(MeshSettings)
    if not Supervisor(settings).running():
        raise NotRunning("the mesh is not running; start it with `sonicmesh run`")
    with MeshClient(settings.broker_endpoint) as client:
        yield client


def library(client: MeshClient, op: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
    """Result of one operation of the library worker."""
    return client.call("library", op, params, timeout=CALL_SECONDS).result


def search(client: MeshClient, op: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
    """Result of one operation of the search worker."""
    return client.call("search", op, params, timeout=CALL_SECONDS).result


def services(client: MeshClient) -> set[str]:
    """Names of the services that have a worker now."""
    workers = client.call("mmi.workers", "mmi.workers", timeout=CALL_SECONDS).result["workers"]
    return {str(worker["service"]) for worker in workers}


def wait_for_services(client: MeshClient, wanted: set[str], seconds: float) -> set[str]:
    """Wait until every service in `wanted` has a worker; returns those that have none by then."""
    deadline = time.monotonic() + seconds
    missing = wanted
    while missing and time.monotonic() < deadline:
        try:
            missing = wanted - services(client)
        except MeshError as error:
            if error.code not in {"deadline_exceeded", "no_worker"}:
                raise
        if missing:
            time.sleep(READY_POLL_SECONDS)
    return missing


def find_track(client: MeshClient, query: str) -> dict[str, Any]:
    """The track that an id, a path or some words mean best. Raises `NotFound`."""
    tracks = library(client, "tracks.find", {"query": query, "limit": 1})["tracks"]
    if not tracks:
        raise NotFound(f"no track is known by {query!r}: give an id, a path, or words of its title and artist")
    return dict(tracks[0])


def similar(client: MeshClient, track_ids: list[str], limit: int, **fields: Any) -> dict[str, Any]:
    """Playlist of `limit` tracks like those given: `tracks` (with title, artist, album, path) and `warnings`."""
    seeds = [{"track_id": track_id, "weight": 1.0, "source": "cli"} for track_id in track_ids]
    request = {"user_id": "cli", "user_name": "cli", "mode": "custom", "limit": limit, "seeds": seeds, **fields}
    answer = search(client, "recommend", request)
    ids = [track["track_id"] for track in answer["tracks"]]
    known = {t["id"]: t for t in library(client, "tracks.get", {"track_ids": ids})["tracks"]}
    return answer | {"tracks": [known.get(t["track_id"], {}) | t for t in answer["tracks"]]}
