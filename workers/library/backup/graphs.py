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


def add(settings: SearchSettings, holding: GenerationInfo, writer: ArchiveWriter) -> None:
    """Add the saved graph of a generation, if there is one. A server keeps its own."""
    if "://" in settings.uri:
        return
    stored = GenerationName(holding.collection, holding.dimension, holding.generation).stored_name
    folder = settings.store_path.with_name(f"{settings.store_path.name}.index") / stored
    saved = SavedIndex(folder, settings.graph)
    known = next(filter(None, (saved.arrangement(holding.stored_dimension) for _ in range(ATTEMPTS))), None)
    for name, data in (known.pack() if known is not None else {}).items():
        writer.add(_member(holding, name), data)


def read(reader: ArchiveReader, holding: GenerationInfo) -> Arrangement | None:
    """Return the graph of a generation, or None. Raises `BadBackup` if it is not valid."""
    if not all(reader.has(_member(holding, name)) for name in PARTS):
        return None
    try:
        return Arrangement.unpack({name: reader.read(_member(holding, name)) for name in PARTS})
    except ValueError as error:
        raise BadBackup(f"its graph of {holding.model} cannot be used: {error}") from error


def put(reader: ArchiveReader, holding: GenerationInfo, arrange: Callable[[Arrangement], bool]) -> None:
    """Give a restored generation its graph. If the graph does not fit, the index builds it again from the vectors."""
    known = read(reader, holding)
    if known is not None:
        arrange(known)


def _member(holding: GenerationInfo, name: str) -> str:
    return f"index/{holding.model}/{name}"
