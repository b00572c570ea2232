"""Where a text names artists of the library, and where the same words mean nothing but themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from workers.search.words.concepts import Key, by_phrase
from workers.search.words.folding import is_mark, stem
from workers.search.words.lexicon.grammar import DEGREES, LIKE, NEGATIONS, STOP, TURNS

#: Fewest words of an artist's name that is taken for one without a word that introduces it.
NAMED: Final = 2
#: Most words of a name that are looked for: tags may hold whole paragraphs.
MOST_WORDS: Final = 16
#: Small words between an artist's name and the word that introduces it.
BETWEEN: Final = 4
#: Words of the language; a name of such words alone is a name only where it is introduced.
GRAMMAR: Final = STOP | TURNS | NEGATIONS | LIKE | DEGREES.keys()


class Names(Protocol):
    """The names in the library."""

    def tag(self, words: Key) -> str | None: ...

    def artist(self, words: Key) -> str | None: ...

    @property
    def longest(self) -> int: ...


class Named(NamedTuple):
    """An artist in a text: how many tokens the name takes, marks included, and how the library spells it."""

    length: int
    artist: str


def artist_at(names: Names, tokens: Sequence[str], place: int) -> Named | None:
    """Return the artist with the longest name that begins at `place`, or None.

    Marks within a name do not matter ("B.B. King", "Earth, Wind & Fire").
    """
    if is_mark(tokens[place]):
        return None
    found: Named | None = None
    name: list[str] = []
    most = min(names.longest, MOST_WORDS)
    for at in range(place, min(len(tokens), place + 2 * most)):
        if is_mark(tokens[at]):
            continue
        name.append(stem(tokens[at]))
        artist = names.artist(tuple(name))
        if artist is not None and _is_meant(names, tokens, place, at + 1):
            found = Named(at + 1 - place, artist)
        if len(name) == most:
            break
    return found


def _is_meant(names: Names, tokens: Sequence[str], first: int, behind: int) -> bool:
    """Whether tokens that are called as an artist mean the artist."""
    words = [token for token in tokens[first:behind] if not is_mark(token)]
    name = tuple(map(stem, words))
    before = tokens[first - 1] if first else ""
    if name in by_phrase() or names.tag(name) is not None:
        return before == "by"  # "like jazz" speaks of jazz, even if a band is called so
    small = [word in GRAMMAR for word in words]
    introduced = _is_introduced(tokens, first)
    if len(words) < NAMED:
        ends = behind == len(tokens) or is_mark(tokens[behind])
        return introduced and (not small[0] or (before in LIKE and ends))
    with_marks = len(words) < behind - first
    ordinary = all(is_small or (stem(word),) in by_phrase() for word, is_small in zip(words, small, strict=True))
    return introduced or not (ordinary and (with_marks or any(small)))


def _is_introduced(tokens: Sequence[str], place: int) -> bool:
    """Whether a word such as "like" stands before `place`, with small words between at most."""
    for token in reversed(tokens[max(0, place - 1 - BETWEEN) : place]):
        if token in LIKE:
            return True
        if token not in STOP or token in TURNS:
            return False
    return False
