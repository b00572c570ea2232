"""Reads a text: limits first, then artists, phrases, negations and degrees; the rest by meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from workers.search.words.artists import MOST_WORDS, Named, Names, artist_at
from workers.search.words.concepts import Concept, by_phrase, longest_phrase
from workers.search.words.folding import fold, is_mark, key, places_of, stem, tokens
from workers.search.words.lexicon.grammar import DEGREES, IDIOMS, NEGATIONS, PURPOSES, STOP, TURNS
from workers.search.words.limits import Place, read_limits
from workers.search.words.reading import Like, Reading, Term

#: Most terms of a text that count: each costs time and memory that grow with the library.
MAX_TERMS: Final = 32


class Meaning(Protocol):
    """Finds the meaning of words that match no phrase."""

    def nearest(self, words: str) -> tuple[Mapping[str, float], tuple[str, ...]] | None:
        """Return a profile and the tags nearest in meaning, or None if nothing is near."""
        ...

    def tags(self, words: str) -> tuple[str, ...]:
        """Return the tags that mean the same."""
        ...


@dataclass(slots=True)
class _State:
    """What has been read, and the clause so far.

    `negative`: whether the clause is negated; `covers`: whether the negation has found what it refuses; `degree`: that
    of the next term; `left`: words since the last phrase.
    """

    terms: list[Term] = field(default_factory=list)
    likes: list[Like] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    negative: bool = False
    covers: bool = False
    degree: float = 1.0

    def turn(self, *, negative: bool = False, degree: float = 1.0) -> None:
        """Begin another clause."""
        self.negative, self.covers, self.degree = negative, False, degree


class Parser:
    """Reads texts with the names of one library."""

    def __init__(self, names: Names, meaning: Meaning | None) -> None:
        self._names = names
        self._meaning = meaning

    def read(self, text: str) -> Reading:
        """Return what the text asks for."""
        folded = " ".join(fold(text).split()).replace("w/o ", "without ")
        limits, rest = read_limits(folded, list(self._artists(folded)))
        words = tokens(rest)
        state = _State()
        place = 0
        while place < len(words):
            place += self._step(words, place, state)
        self._settle(state)
        meant = _once(state.terms, state.unknown)
        return Reading(meant, tuple(dict.fromkeys(state.likes)), limits, tuple(dict.fromkeys(state.unknown)))

    def _artists(self, folded: str) -> Iterator[Place]:
        """Yield the places of artists in a folded text, whose names may hold years or keys."""
        words, spans = tokens(folded), places_of(folded)
        place = 0
        while place < len(words):
            named = artist_at(self._names, words, place)
            if named is not None:
                yield spans[place][0], spans[place + named.length - 1][1]
            place += 1 if named is None else named.length

    def _step(self, words: Sequence[str], place: int, state: _State) -> int:
        """Read what begins at `place`; return its length in tokens."""
        word = words[place]
        length, found = self._phrase(words, place)
        if found is not None:
            self._settle(state)
            self._take(found, words[place : place + length], state)
            return length
        if tuple(words[place : place + 2]) in IDIOMS:
            return 2
        if is_mark(word) or word in TURNS:
            self._settle(state)
            state.turn(degree=DEGREES.get(word, 1.0))
        elif word in NEGATIONS:
            self._settle(state)
            state.turn(negative=True, degree=DEGREES.get(word, 1.0))
        elif word in PURPOSES and state.negative and (state.covers or state.left):
            self._settle(state)  # "without drums for sleeping" refuses the drums only
            state.turn()
        elif word in DEGREES:
            state.degree = DEGREES[word]
        elif word not in STOP:
            state.left.append(word)
        return 1

    def _phrase(self, words: Sequence[str], place: int) -> tuple[int, Concept | str | Named | None]:
        """Return the longest phrase that begins here, in tokens, and its concept, tag or artist."""
        named = artist_at(self._names, words, place)
        clause: list[str] = []
        for word in words[place : place + max(longest_phrase(), min(self._names.longest, MOST_WORDS))]:
            if is_mark(word) or (word in TURNS and not clause):
                break
            clause.append(word)
        for length in range(len(clause), 0, -1):
            if named is not None and length <= named.length:
                break
            if length == 1 and clause[0] in NEGATIONS:
                break
            name = tuple(map(stem, clause[:length]))
            tag = None if length == 1 and clause[0] in STOP else self._names.tag(name)
            found = by_phrase().get(name) or tag
            if found is not None:
                return length, found
        return (named.length, named) if named is not None else (1, None)

    def _take(self, found: Concept | str | Named, words: Sequence[str], state: _State) -> None:
        text = " ".join(words)
        if isinstance(found, Named):
            state.likes.append(Like(text, found.artist, state.negative))
        else:
            concept = found if isinstance(found, Concept) else None
            profile = concept.profile if concept is not None else {}
            tags = self._tags_of(concept, text) if concept is not None else (str(found),)
            state.terms.append(Term(text, profile, tags, state.degree, state.negative))
        state.covers, state.degree = True, 1.0

    def _tags_of(self, concept: Concept, words: str) -> tuple[str, ...]:
        """Return the library's tags that are called as the concept is, or else mean what the words mean."""
        found = (self._names.tag(key(phrase)) for phrase in concept.phrases)
        called = tuple(dict.fromkeys(tag for tag in found if tag is not None))
        return called or (self._meaning.tags(words) if self._meaning is not None else ())

    def _settle(self, state: _State) -> None:
        """Read by meaning what has been left since the last phrase."""
        if not state.left:
            return
        words = " ".join(state.left)
        near = self._meaning.nearest(words) if self._meaning is not None else None
        if near is None:
            state.unknown.extend(state.left)
        else:
            profile, tags = near
            state.terms.append(Term(words, profile, tags, 0.7, state.negative, certain=False))
        state.covers = True
        state.left.clear()


def _once(terms: Sequence[Term], unknown: list[str]) -> tuple[Term, ...]:
    """Return the terms, each meaning once.

    What is heard only as part of what is asked for cannot be refused ("jazz without horns"): its words are `unknown`,
    and so are those of terms beyond `MAX_TERMS`.
    """
    found: dict[tuple[frozenset[str], tuple[str, ...], bool], Term] = {}
    asked = {name for term in terms if not term.negative for name in term.main}
    for term in terms:
        if term.negative and term.main and asked.issuperset(term.main):
            unknown.append(term.words)
            continue
        name = (frozenset(term.profile), term.tags, term.negative)
        if name not in found or term.weight > found[name].weight:
            found[name] = term
    kept = tuple(found.values())
    unknown.extend(term.words for term in kept[MAX_TERMS:])
    return kept[:MAX_TERMS]
