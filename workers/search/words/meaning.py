"""The meaning of words that match no phrase: the nearest concepts and tags, by the sentence encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np

from broker.vectors import Vectors
from contract.errors import ModelUnavailable
from workers.models.sentence.encoder import SentenceEncoder
from workers.search.words.concepts import Concept, Key, concepts
from workers.search.words.folding import key
from workers.search.words.lexicon import __name__ as lexicon

#: The phrases of the lexicon and their vectors; `python -m bench.words_constants` makes it.
FILE: Final = "phrases.npz"
#: Least cosine of a meaning that counts, and of a tag that means the same.
NEAR: Final = 0.5
SAME: Final = 0.62
#: Concepts of at least the best cosine less this share the meaning, weighted by exp(cosine / `SHARPNESS`).
SPAN: Final = 0.12
SHARPNESS: Final = 0.05
#: Most tags to compare (the most frequent ones), and how many to encode at once, so that no list waits long.
MAX_TAGS: Final = 500
TAGS_AT_ONCE: Final = 4


class Meanings:
    """Finds meanings. Not thread-safe."""

    def __init__(self, encoder: SentenceEncoder) -> None:
        self._encoder = encoder
        self._tags: dict[str, Vectors] = {}
        self._missing: list[str] = []

    def know(self, tags: Sequence[str]) -> None:
        """Take the library's tags, most frequent first; `learn` encodes them."""
        chosen = tags[:MAX_TAGS]
        self._tags = {tag: self._tags[tag] for tag in chosen if tag in self._tags}
        self._missing = [tag for tag in chosen if tag not in self._tags]

    @property
    def missing(self) -> bool:
        """Whether tags remain to be encoded."""
        return bool(self._missing)

    def learn(self) -> bool:
        """Encode the next few tags; return whether more remain. Raises `ModelUnavailable`."""
        some, self._missing = self._missing[:TAGS_AT_ONCE], self._missing[TAGS_AT_ONCE:]
        if some:
            self._tags |= dict(zip(some, self._encoder.encode(some), strict=True))
        return bool(self._missing)

    def nearest(self, words: str) -> tuple[Mapping[str, float], tuple[str, ...]] | None:
        """Return the profile and the tags nearest in meaning, or None if nothing is near or there is no encoder."""
        vector = self._vector(words)
        if vector is None:
            return None
        owners, phrases = _phrases()
        cosines = phrases @ vector
        near = np.flatnonzero(cosines >= max(NEAR, float(cosines.max()) - SPAN))
        shares: dict[int, float] = {}
        for place in near.tolist():
            # A concept is as near as its nearest phrase: those with many phrases have no more say.
            owner = owners[place]
            shares[owner] = max(shares.get(owner, 0.0), float(np.exp(cosines[place] / SHARPNESS)))
        same = self._same(vector)
        if not shares and not same:
            return None
        return _mixed([(concepts()[owner], share) for owner, share in shares.items()]), same

    def tags(self, words: str) -> tuple[str, ...]:
        """Return the tags that mean the same as the words; none without an encoder."""
        vector = self._vector(words) if self._tags or self._missing else None
        return () if vector is None else self._same(vector)

    def _vector(self, words: str) -> Vectors | None:
        known = _by_key().get(key(words))
        try:
            self.learn()
            if known is not None:
                return known
            vector: Vectors = self._encoder.encode([words])[0]
        except ModelUnavailable:
            return None
        return vector

    def _same(self, vector: Vectors) -> tuple[str, ...]:
        return tuple(tag for tag, of_tag in self._tags.items() if float(of_tag @ vector) >= SAME)


def _mixed(found: Sequence[tuple[Concept, float]]) -> dict[str, float]:
    """Return the mean of the concepts' profiles, by their shares."""
    total = sum(share for _, share in found)
    profile: dict[str, float] = {}
    for concept, share in found:
        for name, weight in concept.profile.items():
            profile[name] = profile.get(name, 0.0) + weight * share / total
    return profile


@cache
def _by_key() -> dict[Key, Vectors]:
    """Return the vectors of the lexicon's phrases, so that none is encoded again."""
    _, vectors = _phrases()
    spoken = (phrase for concept in concepts() for phrase in concept.phrases)
    return {key(phrase): vector for phrase, vector in zip(spoken, vectors, strict=True)}


@cache
def _phrases() -> tuple[list[int], Vectors]:
    """Return, for each phrase of the lexicon, the place of its concept and its vector [n, 384]."""
    with files(lexicon).joinpath(FILE).open("rb") as file, np.load(file, allow_pickle=False) as data:
        made, vectors = data["phrases"].tolist(), data["vectors"].astype(np.float32)
    places = {phrase: place for place, phrase in enumerate(made)}
    owners, rows = [], []
    for number, concept in enumerate(concepts()):
        for phrase in concept.phrases:
            if phrase in places:
                owners.append(number)
                rows.append(places[phrase])
    return owners, vectors[rows]
