"""Words as seeds: which model reads them, and examples that work well in this library."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contract.browse import BrowseResult
from contract.search import AsyncSearchClient, RecommendRequest, Seed
from gateway.explore.schema import Example, Words
from gateway.mesh import MeshConnection
from gateway.models.directory import ModelDirectory
from gateway.text.reading import TextModels
from gateway.text.texts import TextVectors

#: Candidates for examples: a text, and a text to avoid with it.
TEXTS: Final[Sequence[tuple[str, str | None]]] = (
    ("calm piano", "drums"),
    ("upbeat electronic dance music", None),
    ("acoustic guitar and a quiet voice", "drums"),
    ("heavy distorted guitars", None),
    ("slow ambient pads", "voice"),
    ("brass and a funky bass", None),
    ("string orchestra", None),
    ("jazz trio with brushes", None),
    ("choir", None),
    ("solo violin", None),
    ("synthesizer pop of the eighties", None),
    ("blues guitar", None),
    ("fast drums", "voice"),
    ("warm female voice", None),
)
#: Examples of each kind to show.
SHOWN: Final = 4
#: Tracks whose scores decide, and the least mean: closer than most of what the library holds.
JUDGED: Final = 5
LEAST: Final = 0.4
#: Seconds for which examples are cached, most sets of libraries in the cache, and seconds that one search may take.
FRESH: Final = 3600.0
MAX_KEPT: Final = 64
SEARCH_SECONDS: Final = 10.0
#: Seconds that the first caller waits; examples from a model that must load first appear later.
PATIENCE: Final = 0.8

Key = tuple[str, tuple[int, ...]]


@dataclass(slots=True)
class _Kept:
    until: float
    task: asyncio.Task[list[Example]]


class ExampleTexts:
    """Tries texts against the vectors of the libraries that somebody sees, and remembers those that find something."""

    def __init__(
        self, mesh: MeshConnection, directory: ModelDirectory, texts: TextVectors, readers: TextModels
    ) -> None:
        self._search = AsyncSearchClient(mesh)
        self._directory = directory
        self._texts = texts
        self._readers = readers
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()

    async def words(self) -> Words:
        """Return whether some model reads texts now."""
        able = await self._directory.readers()
        if able:
            return Words(able=True, model=await self._readers.default(), reason=None)
        return Words(able=False, model=None, reason="no model that reads texts is running")

    async def examples(self, found: BrowseResult, words: Words) -> list[Example]:
        """Return texts, genres and artists to start from; `found`: what the person sees most of."""
        texts: list[Example] = []
        if words.able and words.model is not None and found.library_ids:
            texts = await self._tried(words.model, tuple(found.library_ids))
        genres = [Example(kind="genre", text=genre.name, id=genre.id) for genre in found.genres[:SHOWN]]
        artists = [Example(kind="artist", text=artist.name, id=artist.id) for artist in found.artists[:SHOWN]]
        return [*texts, *genres, *artists]

    async def close(self) -> None:
        """Cancel what is being tried."""
        tasks = [kept.task for kept in self._kept.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _tried(self, model: str, libraries: tuple[int, ...]) -> list[Example]:
        key = (model, libraries)
        kept = self._kept.get(key)
        if kept is None or time.monotonic() > kept.until:
            task = asyncio.create_task(self._try_all(model, libraries))
            kept = self._kept[key] = _Kept(time.monotonic() + FRESH, task)
            if len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)[1].task.cancel()
        done, _ = await asyncio.wait([kept.task], timeout=PATIENCE)
        if not done:
            return []
        if kept.task.cancelled() or kept.task.exception() is not None:
            self._kept.pop(key, None)
            return []
        return kept.task.result()

    async def _try_all(self, model: str, libraries: tuple[int, ...]) -> list[Example]:
        judged = [(await self._score(model, libraries, text), text, avoided) for text, avoided in TEXTS]
        judged.sort(key=lambda each: -each[0])
        good = [each for each in judged if each[0] >= LEAST] or judged[:1]
        return [Example(kind="text", text=text, negative=avoided) for _, text, avoided in good[:SHOWN]]

    async def _score(self, model: str, libraries: tuple[int, ...], text: str) -> float:
        """Return the mean score of the nearest tracks."""
        vector = await self._texts.vector(model, text)
        seed = Seed(track_id="text", embedding=vector.numbers())
        asked = RecommendRequest(limit=JUDGED, seeds=[seed], library_ids=list(libraries), models=[model])
        tracks = (await self._search.recommend(asked, timeout=SEARCH_SECONDS)).tracks
        return sum(track.score for track in tracks) / JUDGED
