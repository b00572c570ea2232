"""A search worker on a library that was listened to once."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from contract.errors import TextUnavailable
from contract.search import Recommended, RecommendRequest, Seed
from tests.integration.workers.search.conftest import Caller
from tests.integration.workers.search.words.heard import HeardLibrary
from workers.search.recommend.engine import Engine
from workers.search.service import SearchService
from workers.search.settings import SearchSettings
from workers.search.spaces import Space

MODEL = "fusion"
SPACES = {MODEL: Space(MODEL, "fusion_embedding", 224)}


class Answering:
    """Answers texts as the search worker does."""

    def __init__(self, folder: Path, library: HeardLibrary, *, with_tags: bool = True) -> None:
        self.library = library
        settings = SearchSettings(
            NAVIDROME_MILVUS_URI=str(folder / "milvus.db"),
            TEXT_EMBEDDING_CHECKPOINT_DIR=folder,
            SONICMESH_DATA_DIR=folder,
        )
        self.service = SearchService(settings, SPACES)
        self.service.open()
        self.call = Caller(self.service)
        self.call.fill(MODEL, library.rows, library.vectors)
        opened = self.service._opened
        assert opened is not None
        self.engine: Engine = opened.engine
        self.engine.words.know(library.tracks(with_tags=with_tags))

    def list_for(self, text: str, limit: int = 25) -> Recommended:
        """Return the list for a text."""
        return self.engine.recommend(RecommendRequest(seeds=[Seed(text=text)], limit=limit))

    def list_of(self, vector: list[float], limit: int = 25) -> Recommended:
        """Return the list for the vector of a text."""
        return self.engine.recommend(RecommendRequest(seeds=[Seed(track_id="text", embedding=vector)], limit=limit))

    def vector_of(self, text: str) -> list[float] | None:
        """Return the vector of a text, as `/embed_text` gives it; None if nothing of it is understood."""
        try:
            reply = self.call("words.direction", {"text": text, "model": MODEL})
        except TextUnavailable:
            return None
        vector: list[float] = np.frombuffer(reply.blobs[0], "<f4").tolist()
        return vector

    def traits(self, found: Recommended) -> list[frozenset[str]]:
        """Return the traits of a list's tracks."""
        return [self.library.traits[track.track_id] for track in found.tracks]

    def close(self) -> None:
        self.service.stop()
