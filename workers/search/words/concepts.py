"""Concepts: what words can mean, by the labels and facts that they speak of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from contract.vocabulary import VOCABULARY
from workers.search.words.folding import key
from workers.search.words.lexicon.feelings import FEELINGS
from workers.search.words.lexicon.situations import SITUATIONS
from workers.search.words.lexicon.sounds import SOUNDS
from workers.search.words.lexicon.styles import STYLES

#: Facts that a profile may name beside the labels.
ASPECTS: Final = ("energy", "tempo", "loudness", "sung", "spoken")

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Concept:
    """A meaning: `profile` has the weight of each label or fact, below 0 where it should be absent.

    `name` is the first of its `phrases`, which are what people call it.
    """

    name: str
    phrases: tuple[str, ...]
    profile: Mapping[str, float]


def _read(lines: str) -> Iterator[Concept]:
    for line in lines.strip().splitlines():
        names, _, aspects = line.partition(" : ")
        phrases = tuple(name.strip() for name in names.split(","))
        pairs = (aspect.strip().rpartition(" ") for aspect in aspects.split(","))
        profile = {name: float(weight) for name, _, weight in pairs if float(weight)}
        yield Concept(phrases[0], phrases, profile)


@cache
def concepts() -> tuple[Concept, ...]:
    """Return all concepts: those of the lexicon, then every label that it does not name."""
    known = [concept for part in (STYLES, SOUNDS, FEELINGS, SITUATIONS) for concept in _read(part)]
    named = {key(phrase) for concept in known for phrase in concept.phrases}
    for label in VOCABULARY:
        phrases = tuple(name for name in dict.fromkeys((label.name, *label.synonyms)) if key(name) not in named)
        if phrases:
            known.append(Concept(label.name, phrases, {label.name: 1.0}))
    return tuple(known)


@cache
def by_phrase() -> dict[Key, Concept]:
    """Return the concepts by the key of each of their phrases; the first that has a phrase keeps it."""
    found: dict[Key, Concept] = {}
    for concept in concepts():
        for phrase in concept.phrases:
            found.setdefault(key(phrase), concept)
    return found


@cache
def longest_phrase() -> int:
    """Return the number of words of the longest phrase."""
    return max(map(len, by_phrase()))
