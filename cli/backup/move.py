"""Copies all vectors from the store in use to another one: from a folder to a server, or back."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from cli.backup.progress import Bars
from cli.backup.source import source_in_use
from cli.mesh import connected
from cli.supervisor import Supervisor
from cli.view import OVER, embedding_job
from contract.errors import Conflict, NotFound
from contract.settings import SettingsError, expanded
from workers.library.backup.source import opened
from workers.search.settings import SearchSettings
from workers.search.store.transfer import Arrival, GenerationInfo, GenerationSource
from workers.search.store.vector_store import VectorStore


@dataclass(frozen=True, slots=True)
class Moved:
    """The vectors of one model in the other store, verified against those in use."""

    info: GenerationInfo
    checksum: str


def target_settings(settings: SearchSettings, uri: str) -> SearchSettings:
    """Return the settings for the other store. Raises `SettingsError` if it is not a store, or is the one in use."""
    if "://" in uri and not uri.startswith(("http://", "https://")):
        raise SettingsError(f"--to {uri}: expected a folder or http://HOST:19530")
    try:
        where = uri if "://" in uri else str(expanded(Path(uri)).absolute())
    except ValueError as error:
        raise SettingsError(f"--to {uri}: {error}") from error
    target = settings.model_copy(update={"uri": where})
    if place(target) == place(settings):
        raise SettingsError(f"--to {uri}: this is the store in use")
    return target


def place(settings: SearchSettings) -> str:
    """Return the address of the store, or its folder."""
    return settings.uri.rstrip("/") if "://" in settings.uri else str(settings.store_path.resolve())


def move(settings: SearchSettings, target: SearchSettings, bars: Bars, *, force: bool) -> list[Moved]:
    """Copy every model; the store in use stays as it is.

    Raises `Conflict` if the other store has vectors of these models and `force` is not set.
    """
    _refuse_beside_a_job(settings)
    with source_in_use(settings) as source, opened(target) as store:
        in_service = source.in_service()
        if not in_service:
            raise NotFound("the store in use has no vectors yet: set NAVIDROME_MILVUS_URI and run `sonicmesh embed`")
        status = store.status()
        existing = [f"{status[h.collection].count} {h.model}" for h in in_service if h.collection in status]
        if existing and not force:
            raise Conflict(f"{store.uri} has vectors already ({', '.join(existing)}): --force replaces them")
        return _move(source, store, in_service, bars)


def _refuse_beside_a_job(settings: SearchSettings) -> None:
    """Raise `Conflict` while a job runs.

    The other store would keep outdated copies of vectors that the job replaces, and nobody would notice.
    """
    if Supervisor(settings).running():
        with connected(settings) as client:
            status = embedding_job(client).status
        if status not in OVER:
            raise Conflict(f"a job is {status}: wait until it has ended, or stop the mesh")


def _move(source: GenerationSource, store: VectorStore, in_service: list[GenerationInfo], bars: Bars) -> list[Moved]:
    with ExitStack() as undo:
        arrivals = []
        for info in in_service:
            arrival = Arrival(store, info)
            undo.callback(arrival.abandon)
            arrivals.append(arrival)
            arrival.fill(source.pages(info), bars.step(f"{info.model} vectors", info.count))
            arrival.verify(bars.step(f"{info.model} read back", info.count))
        for arrival in arrivals:
            arrival.switch()
        undo.pop_all()
        for arrival in arrivals:
            arrival.tidy()
    return [
        Moved(GenerationInfo(**{**a.info.to_wire(), "count": a.checksum.count}), a.checksum.hex()) for a in arrivals
    ]
