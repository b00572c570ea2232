"""Reads a text: limits first, then artists, phrases, negations and degrees; the rest by meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from workers.search.words.concepts import Concept, Key, by_phrase, longest_phrase
from workers.search.words.folding import fold, is_mark, key, stem, tokens
from workers.search.words.lexicon.grammar import DEGREES, LIKE, NEGATIONS, STOP, TURNS
from workers.search.words.limits import read_limits
from workers.search.words.reading import Like, Reading, Term

#: An artist's name of at least this many words counts even if no word introduces it.
NAMED: Final = 2


class Meaning(Protocol):
    """Finds the meaning of words that match no phrase."""

    def nearest(self, words: str) -> tuple[Mapping[str, float], tuple[str, ...]] | None:
        """Return a profile and the tags nearest in meaning, or None if nothing is near."""
        ...

    def tags(self, words: str) -> tuple[str, ...]:
        """Return the tags that mean the same."""
        ...


class Names(Protocol):
    """The names in the library."""

    def tag(self, words: Key) -> str | None: ...

    def artist(self, words: Key) -> str | None: ...

    @property
    def longest(self) -> int: ...


@dataclass(slots=True)
class _State:
    """The clause so far: whether it is negated, the degree of the next term, whether an artist may come next."""

    negative: bool = False
    degree: float = 1.0
    after_like: bool = False


class Parser:
    """Reads texts with the names of one library."""

    def __init__(self, names: Names, meaning: Meaning | None) -> None:
        self._names = names
        self._meaning = meaning

    def read(self, text: str) -> Reading:
        """Return what the text asks for."""
        limits, rest = read_limits(fold(text))
        words = tokens(rest)
        terms: list[Term] = []
        likes: list[Like] = []
        unknown: list[str] = []
        left: list[str] = []
        state = _State()

        def settle() -> None:
            """Read by meaning the words since the last phrase."""
            if left:
                self._settle(tuple(left), state.negative, terms, unknown)
                left.clear()

        place = 0
        while place < len(words):
            word = words[place]
            if is_mark(word) or word in TURNS:
                settle()
                state = _State(degree=DEGREES.get(word, 1.0))
                place += 1
                continue
            length, found = self._phrase(words, place, state.after_like)
            if found is not None:
                settle()
                self._take(found, " ".join(words[place : place + length]), state, terms, likes)
                state.after_like, state.degree = False, 1.0
                place += length
                continue
            if word in NEGATIONS:
                settle()
                state.negative, state.degree = True, DEGREES.get(word, 1.0)
            elif word in DEGREES:
                state.degree = DEGREES[word]
            elif word not in STOP:
                left.append(word)
            state.after_like = word in LIKE or (state.after_like and word in STOP)
            place += 1
        settle()
        meant = _once(terms, unknown)
        return Reading(meant, tuple(dict.fromkeys(likes)), limits, tuple(dict.fromkeys(unknown)))

    def _phrase(self, words: Sequence[str], place: int, after_like: bool) -> tuple[int, Concept | str | Like | None]:
        """Return the longest phrase that begins here, in words, and its concept, tag or artist."""
        most = max(longest_phrase(), self._names.longest)
        clause = []
        for word in words[place : place + most]:
            if is_mark(word):
                break
            clause.append(word)
        for length in range(len(clause), 0, -1):
            name = tuple(map(stem, clause[:length]))
            artist = self._names.artist(name) if after_like or length >= NAMED else None
            if artist is not None and (after_like or name not in by_phrase()):
                return length, Like(" ".join(clause[:length]), artist)
            if length == 1 and clause[0] in NEGATIONS:
                break
            found = by_phrase().get(name)
            if found is not None:
                return length, found
            tag = self._names.tag(name)
            if tag is not None and not (length == 1 and clause[0] in STOP):
                return length, tag
        return 1, None

    def _take(
        self, found: Concept | str | Like, words: str, state: _State, terms: list[Term], likes: list[Like]
    ) -> None:
        if isinstance(found, Like):
            likes.append(replace(found, negative=state.negative))
            return
        concept = found if isinstance(found, Concept) else None
        profile = concept.profile if concept is not None else {}
        tags = self._tags_of(concept, words) if concept is not None else (str(found),)
        terms.append(Term(words, profile, tags, state.degree, state.negative))

    def _tags_of(self, concept: Concept, words: str) -> tuple[str, ...]:
        """Return the library's tags that are called as the concept is, or else mean what the words mean."""
        found = (self._names.tag(key(phrase)) for phrase in concept.phrases)
        called = tuple(dict.fromkeys(tag for tag in found if tag is not None))
        return called or (self._meaning.tags(words) if self._meaning is not None else ())

    def _settle(self, left: tuple[str, ...], negative: bool, terms: list[Term], unknown: list[str]) -> None:
        words = " ".join(left)
        near = self._meaning.nearest(words) if self._meaning is not None else None
        if near is None:
            unknown.extend(left)
            return
        profile, tags = near
        terms.append(Term(words, profile, tags, 0.7, negative, certain=False))


def _once(terms: Sequence[Term], unknown: list[str]) -> tuple[Term, ...]:
    """Return the terms, each meaning once.

    What is heard only as part of something asked for cannot be refused ("jazz without horns"): its words are `unknown`.
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
    return tuple(found.values())
