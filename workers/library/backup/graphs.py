"""Graphs in a backup, as last saved, so that a restored mesh makes the same lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from workers.library.backup.archive import ArchiveReader, ArchiveWriter
from workers.library.backup.manifest import BadBackup
from workers.search.settings import SearchSettings
from workers.search.store.index.arrangement import Arrangement
from workers.search.store.index.saved import SavedIndex
from workers.search.store.names import GenerationName
from workers.search.store.transfer import GenerationInfo

#: How often to try to read a graph: the search worker may be replacing it.
ATTEMPTS: Final = 3
PARTS: Final = ("graph.json", "levels.i32", "links.i32", "dead.f16", "marks.u64")


def add(settings: SearchSettings, info: GenerationInfo, writer: ArchiveWriter) -> None:
    """Add the saved graph of a generation, if there is one. A server keeps its own."""
    if "://" in settings.uri:
        return
    stored = GenerationName(info.collection, info.dimension, info.generation).stored_name
    folder = settings.store_path.with_name(f"{settings.store_path.name}.index") / stored
    saved = SavedIndex(folder, settings.graph)
    arrangement = next(filter(None, (saved.arrangement(info.stored_dimension) for _ in range(ATTEMPTS))), None)
    for name, data in (arrangement.pack() if arrangement is not None else {}).items():
        writer.add(_member(info, name), data)


def read(reader: ArchiveReader, info: GenerationInfo) -> Arrangement | None:
    """Return the graph of a generation, or None. Raises `BadBackup` if it is not valid."""
    if not all(reader.has(_member(info, name)) for name in PARTS):
        return None
    try:
        return Arrangement.unpack({name: reader.read(_member(info, name)) for name in PARTS})
    except ValueError as error:
        raise BadBackup(f"its graph of {info.model} cannot be used: {error}") from error


def put(reader: ArchiveReader, info: GenerationInfo, arrange: Callable[[Arrangement], bool]) -> None:
    """Give a restored generation its graph. If the graph does not fit, the index builds it again from the vectors."""
    arrangement = read(reader, info)
    if arrangement is not None:
        arrange(arrangement)


def _member(info: GenerationInfo, name: str) -> str:
    return f"index/{info.model}/{name}"
