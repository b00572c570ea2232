"""The records of an export: one per recording, with its tracks' first id, labels, facts and vector."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contract.errors import NotFound
from contract.labels import LabelledTrack, LabelsPageRequest
from contract.library import AsyncLibraryClient, TracksRequest
from contract.message import plain
from contract.operation import BATCH, AsyncCaller
from contract.search import AsyncSearchClient, LookupRequest
from gateway.numbers import numbers

#: Little-endian float32 numbers, as they came from the store.
Vector = memoryview

#: Recordings per page: a vector of the largest model takes 300 KB.
PAGE: Final = 200
#: Most numbers of vectors in one part of a page: turning them into text holds up everything else for a moment.
MAX_NUMBERS: Final = 250_000
#: Seconds that one page may take.
PAGE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Record:
    """One recording. `vector` None: the model has none of it."""

    track: LabelledTrack
    model: str
    vector: list[float] | None

    def fields(self) -> dict[str, Any]:
        """Return the record for JSON, keyed by `audio_id`."""
        return {
            "audio_id": self.track.audio_id,
            "track_id": self.track.track_id,
            "labels": plain(self.track.labels),
            **plain(self.track.facts),
            "model": self.model,
            "vector": self.vector,
        }


async def parts(mesh: AsyncCaller, model: str) -> AsyncIterator[list[Record]]:
    """Yield all recordings that were heard, some at a time, with the vectors of `model`. Raises the mesh's errors."""
    library = AsyncLibraryClient(mesh)
    known: set[str] = set()
    after: str | None = None
    while True:
        wanted = LabelsPageRequest(after=after, limit=PAGE)
        page = await library.labels_page(wanted, timeout=PAGE_SECONDS, lane=BATCH)
        if page.track_ids:
            request = TracksRequest(track_ids=page.track_ids)
            tracks = (await library.labels(request, timeout=PAGE_SECONDS, lane=BATCH)).tracks
            # Of the tracks of a recording, which may be on one page, the first counts.
            by_audio = {track.audio_id: track for track in reversed(tracks) if track.audio_id not in known}
            fresh = sorted(by_audio.values(), key=lambda track: track.track_id)
            known |= by_audio.keys()
            vectors = await _vectors(mesh, model, [track.track_id for track in fresh])
            for some in cut(fresh, vectors):
                yield [_record(track, model, vectors) for track in some]
        after = page.next
        if after is None:
            return


def cut(tracks: Sequence[LabelledTrack], vectors: Mapping[str, Vector]) -> Iterator[Sequence[LabelledTrack]]:
    """Yield the tracks of a page in parts whose vectors have at most `MAX_NUMBERS` numbers, or one vector."""
    longest = max((vector.nbytes // 4 for vector in vectors.values()), default=0)
    step = max(1, MAX_NUMBERS // longest) if longest else PAGE
    for start in range(0, len(tracks), step):
        yield tracks[start : start + step]


def _record(track: LabelledTrack, model: str, vectors: Mapping[str, Vector]) -> Record:
    vector = vectors.get(track.track_id)
    return Record(track, model, None if vector is None else numbers(vector))


async def _vectors(mesh: AsyncCaller, model: str, track_ids: list[str]) -> dict[str, Vector]:
    """Return the stored vectors by track id; none if the model has no collection."""
    if not track_ids:
        return {}
    request = LookupRequest(model=model, track_ids=track_ids)
    try:
        answer = await AsyncSearchClient(mesh).lookup.answer(request, timeout=PAGE_SECONDS, lane=BATCH)
    except NotFound:
        return {}
    if not answer.value.track_ids:
        return {}
    size, vectors = 4 * answer.value.dim, memoryview(answer.blobs[0])
    rows = (vectors[size * row : size * (row + 1)] for row in range(len(answer.value.track_ids)))
    return dict(zip(answer.value.track_ids, rows, strict=True))
