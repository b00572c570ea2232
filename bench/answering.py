"""Answers texts on a library that was listened to once, as the search worker does, without a mesh."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from bench.heard import HeardLibrary
from contract.errors import TextUnavailable
from contract.search import DirectionRequest, Recommended, RecommendRequest, Seed
from workers.models.sentence.encoder import SentenceEncoder
from workers.runtime.service import Call
from workers.search.recommend.engine import Engine
from workers.search.settings import SearchSettings
from workers.search.spaces import Space
from workers.search.store.embedded import EmbeddedStore
from workers.search.words.operations import Directions

MODEL: Final = "fusion"
DIMENSION: Final = 224
SPACES: Final = {MODEL: Space(MODEL, "fusion_embedding", DIMENSION)}
#: Seconds that the encoder stays loaded.
KEPT: Final = 600.0


class Answering:
    """A store in `folder` with the library's vectors, and what reads texts; `with_tags` False: by the sound only."""

    def __init__(self, folder: Path, library: HeardLibrary, *, with_tags: bool = True) -> None:
        self.library = library
        settings = SearchSettings(NAVIDROME_MILVUS_URI=str(folder / "milvus.db"))
        self.store = EmbeddedStore(settings.store_path, settings.graph)
        self.store.upsert(SPACES[MODEL].collection, library.rows, library.vectors, DIMENSION)
        self.engine = Engine(self.store, SPACES, settings, encoder=SentenceEncoder(settings.checkpoints, KEPT))
        self._directions = Directions(self.store, SPACES, self.engine.words)
        self.engine.words.know(library.tracks(with_tags=with_tags))
        self.engine.words.read("afternoon tea")
        while self.engine.words.idle():
            """Read the tags, as a worker does between two lists."""

    def list_for(self, text: str, limit: int = 25) -> Recommended:
        """Returns the list for a text."""
        return self.engine.recommend(RecommendRequest(seeds=[Seed(text=text)], limit=limit))

    def list_of(self, vector: list[float], limit: int = 25) -> Recommended:
        """Returns the list for the vector of a text."""
        return self.engine.recommend(RecommendRequest(seeds=[Seed(track_id="text", embedding=vector)], limit=limit))

    def vector_of(self, text: str) -> list[float] | None:
        """Returns the vector of a text, as `/embed_text` does; None if nothing of it is understood."""
        try:
            answer = self._directions.answer(DirectionRequest(text=text, model=MODEL), Call("", {}, ()))
        except TextUnavailable:
            return None
        vector: list[float] = np.frombuffer(answer.blobs[0], "<f4").tolist()
        return vector

    def traits(self, found: Recommended) -> list[frozenset[str]]:
        """Returns the traits of a list's tracks."""
        return [self.library.traits[track.track_id] for track in found.tracks]

    def close(self) -> None:
        """Release the store."""
        self.store.close()
