"""Collect training data: tags from the library worker, vectors from the search worker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from broker.client import MeshClient
from broker.vectors import Vectors, unpack_vectors
from contract.errors import NotFound
from contract.library import LibraryClient, TagsRequest
from contract.message import Nothing
from contract.search import LookupRequest, PageRequest, RowMark, SearchClient
from contract.track import TaggedTrack
from workers.models.training.captions import TrackTags

#: Tracks per page of tags, and per request for vectors (MERT's take 16 KB each).
PAGE: Final = 1000
VECTORS: Final = 250
#: Timeout of one page in seconds.
PAGE_SECONDS: Final = 60.0

Told = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class ModelVectors:
    """A model's vectors in service: how many, their length at the API, their model id, and one track per recording."""

    count: int
    dimension: int
    model_id: str
    track_ids: tuple[str, ...]


def read_space(client: MeshClient, model: str) -> ModelVectors:
    """Return every recording of `model` once, by its first copy. Raises `NotFound` if nothing is embedded."""
    search = SearchClient(client)
    collection = search.status(Nothing(), timeout=PAGE_SECONDS).models.get(model)
    rows = list(_rows(search, model)) if collection is not None else []
    if collection is None or not rows:
        raise NotFound(f"no track has a vector of {model!r} yet: embed the library first (`sonicmesh embed`)")
    model_id = Counter(row.model_id for row in rows).most_common(1)[0][0]
    firsts: dict[str, str] = {}
    for row in rows:
        if row.model_id == model_id:
            firsts.setdefault(row.audio_id or row.track_id, row.track_id)
    return ModelVectors(len(rows), collection.dimension, model_id, tuple(firsts.values()))


def read_tags(client: MeshClient) -> list[TrackTags]:
    """Return the tags of every track in the library, in order of id."""
    library = LibraryClient(client)
    tracks: list[TrackTags] = []
    after: str | None = None
    while True:
        page = library.tags(TagsRequest(after=after, limit=PAGE), timeout=PAGE_SECONDS)
        tracks += map(_tags, page.tracks)
        after = page.next
        if after is None:
            return tracks


def _tags(track: TaggedTrack) -> TrackTags:
    return TrackTags(
        id=track.id,
        album_id=track.album_id,
        title=track.title,
        genres=tuple(track.genres),
        moods=tuple(track.moods),
        year=track.year,
        comment=track.comment,
    )


def read_vectors(
    client: MeshClient, model: str, tracks: Sequence[TrackTags], told: Told
) -> tuple[list[TrackTags], Vectors]:
    """Return the tracks that (still) have vectors, and those vectors [n, stored dimension] of unit length."""
    by_id = {track.id: track for track in tracks}
    with_vectors: list[TrackTags] = []
    parts: list[Vectors] = []
    for first in range(0, len(tracks), VECTORS):
        told("vectors", first, len(tracks))
        request = LookupRequest(model=model, track_ids=[track.id for track in tracks[first : first + VECTORS]])
        answer = SearchClient(client).lookup.answer(request, timeout=PAGE_SECONDS)
        if answer.value.track_ids:
            with_vectors += [by_id[track_id] for track_id in answer.value.track_ids]
            parts.append(unpack_vectors(answer.blobs[0], answer.value.dim))
    told("vectors", len(tracks), len(tracks))
    return with_vectors, np.concatenate(parts) if parts else np.zeros((0, 0), np.float32)


def _rows(search: SearchClient, model: str) -> Iterator[RowMark]:
    after: str | None = None
    while True:
        page = search.scan(PageRequest(model=model, after=after, limit=PAGE), timeout=PAGE_SECONDS)
        yield from page.rows
        after = page.next
        if after is None:
            return
