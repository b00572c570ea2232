"""`words.direction` and `words.status`: the vector of a text, and how texts are read here."""

from __future__ import annotations

from collections.abc import Mapping

from broker.vectors import pack_vectors
from contract.errors import TextUnavailable
from contract.message import Nothing
from contract.operation import ReplyWithBlobs
from contract.search import Direction, DirectionRequest, WordsStatus
from workers.models.sentence.locations import LICENSE
from workers.runtime.service import Call
from workers.search.spaces import Space, find_space
from workers.search.store.vector_store import CollectionStatus, VectorStore
from workers.search.words.warnings import not_in_vector
from workers.search.words.words import MAX_DIMENSION, Words


class Directions:
    """Answers about texts. Not thread-safe."""

    def __init__(self, store: VectorStore, spaces: Mapping[str, Space], words: Words) -> None:
        self._store = store
        self._spaces = spaces
        self._words = words

    def answer(self, request: DirectionRequest, _call: Call) -> ReplyWithBlobs[Direction]:
        """Returns the vector of a text in a model's space. Raises `InvalidRequest`, `TextUnavailable`."""
        space = find_space(self._spaces, request.model)
        state = self._store.status().get(space.collection)
        if state is None or not state.count:
            raise TextUnavailable(f"{space.model} has no vectors yet: embed the library with it first")
        if not _holds(state):
            raise TextUnavailable(f"the space of {space.model} is too wide for words; train-text teaches it words")
        reading = self._words.read(request.text)
        if not reading.understood:
            words = ", ".join(reading.unknown) or repr(request.text[:200])
            raise TextUnavailable(
                f"nothing of the text was understood: {words}", {"words": list(reading.unknown), "model": space.model}
            )
        target = self._words.target(request.text, space, state)
        if target is None or target.direction is None:
            raise TextUnavailable(
                f"{space.model} has no tracks that answer the text: nothing is known of it in this library yet",
                {"words": [term.words for term in reading.terms], "model": space.model},
            )
        warnings = [*self._words.warnings(request.text), *(not_in_vector(reading.limits) if reading.limits else ())]
        return ReplyWithBlobs(Direction(dim=len(target.direction), warnings=warnings), [pack_vectors(target.direction)])

    def status(self, _request: Nothing) -> WordsStatus:
        """Returns which models' spaces have directions, and how words are read."""
        known, tracks = self._store.status(), self._words.tracks
        models = [
            model
            for model, space in self._spaces.items()
            if space.collection in known and known[space.collection].count and _holds(known[space.collection])
        ]
        return WordsStatus(
            models=models if len(tracks) else [],
            license=LICENSE,
            lacking=self._words.lacking,
            tracks=len(tracks),
            heard=int(tracks.heard.sum()),
        )


def _holds(state: CollectionStatus) -> bool:
    """Whether a direction of stored vectors is a vector at the API, and not too long to find."""
    return state.dimension == state.stored_dimension <= MAX_DIMENSION
