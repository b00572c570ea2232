"""Reading texts: phrases, plurals, negations, degrees, artists, and what is not understood."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from workers.search.words.concepts import Key, by_phrase
from workers.search.words.folding import key
from workers.search.words.parser import MAX_TERMS, Parser
from workers.search.words.reading import Reading

ARTISTS = (
    "Miles Davis", "Kältekammer", "Iron & Ash", "Air", "Calm", "Low", "The The", "The Drums", "B.B. King",
    "Earth, Wind & Fire", "Major Lazer", "The 1975", "Jazz", "Just Blaze", "No Doubt",
)  # fmt: skip


class Names:
    """The names in a small library."""

    longest = 4

    def __init__(self) -> None:
        self._tags = {key(name): name for name in ("Techno", "Chiptune", "Neue Deutsche Welle")}
        self._artists = {key(name): name for name in ARTISTS}

    def tag(self, words: Key) -> str | None:
        return self._tags.get(words)

    def artist(self, words: Key) -> str | None:
        return self._artists.get(words)


class Near:
    """Knows the meaning of one word."""

    def nearest(self, words: str) -> tuple[Mapping[str, float], tuple[str, ...]] | None:
        return ({"sad": 1.0}, ()) if words == "gloaming" else None

    def tags(self, _words: str) -> tuple[str, ...]:
        return ()


def read(text: str) -> Reading:
    return Parser(Names(), Near()).read(text)


def wanted(text: str) -> list[str]:
    return [term.words for term in read(text).terms if not term.negative]


def refused(text: str) -> list[str]:
    return [term.words for term in read(text).terms if term.negative]


def test_phrases_are_found_whatever_their_case_plural_and_hyphens() -> None:
    for text in ("CHIPTUNES", "chiptune", "8-bit", "8 Bit!"):
        tags = [term.tags for term in read(text).terms]
        assert tags == [("Chiptune",)], text
    assert wanted("Pianos & violins") == ["pianos", "violins"]


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        ("calm piano, no drums", ["calm", "piano"], ["drums"]),
        ("without vocals or drums", [], ["vocals", "drums"]),
        ("piano, but not sad", ["piano"], ["sad"]),
        ("not too fast, a bit of guitar", ["guitar"], ["fast"]),
        ("no metal, just quiet ambient", ["quiet", "ambient"], ["metal"]),
        ("nothing electronic", [], ["electronic"]),
        ("instrumental without words", ["instrumental"], []),
        ("piano without drums for sleeping", ["piano", "sleeping"], ["drums"]),
        ("not for sleeping", [], ["sleeping"]),
        ("piano w/o drums", ["piano"], ["drums"]),
        ("non-stop party", ["party"], []),
        ("never ending techno", ["techno"], []),
    ],
)
def test_negations_end_where_their_clause_ends(text: str, yes: list[str], no: list[str]) -> None:
    assert wanted(text)[: len(yes)] == yes
    assert refused(text) == no


def test_degrees_weigh() -> None:
    weights = {term.words: term.weight for term in read("very slow, a bit of guitar, piano").terms}

    assert weights["slow"] > weights["piano"] > weights["guitar"]


@pytest.mark.parametrize(
    ("text", "artist"),
    [
        ("like Miles Davis", "Miles Davis"),
        ("miles davis", "Miles Davis"),
        ("something in the style of IRON AND ASH", "Iron & Ash"),
        ("similar to kaltekammer please", "Kältekammer"),
        ("like Air", "Air"),
        ("like Low", "Low"),
        ("like The The", "The The"),
        ("like The Drums", "The Drums"),
        ("like B.B. King", "B.B. King"),
        ("slow, earth, wind & fire", "Earth, Wind & Fire"),
        ("Major Lazer", "Major Lazer"),
        ("piano like the 1975", "The 1975"),
        ("music by calm", "Calm"),
        ("just blaze", "Just Blaze"),
        ("like No Doubt", "No Doubt"),
    ],
)
def test_artists_become_seeds(text: str, artist: str) -> None:
    assert [like.artist for like in read(text).likes] == [artist]


def test_a_short_name_is_an_artist_only_where_it_is_introduced() -> None:
    assert not read("air").likes
    assert [like.negative for like in read("piano, but not like Miles Davis").likes] == [True]


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        ("I would like calm piano", ["calm", "piano"], []),
        ("something like jazz", ["jazz"], []),
        ("calm piano, without the drums", ["calm", "piano"], ["drums"]),
        ("the the piano", ["piano"], []),
        ("I like low strings", ["strings"], []),
    ],
)
def test_artists_who_are_called_like_ordinary_words_do_not_swallow_them(
    text: str, yes: list[str], no: list[str]
) -> None:
    assert not read(text).likes
    assert (wanted(text)[: len(yes)], refused(text)) == (yes, no)


def test_an_artist_named_after_a_year_or_a_key_sets_no_limit() -> None:
    assert not read("like the 1975").limits
    assert not read("major lazer").limits
    assert read("major lazer from 2015").limits.years == (2015, 2015)


def test_a_text_of_very_many_words_costs_no_more_than_some() -> None:
    phrases = [" ".join(phrase) for phrase in by_phrase() if len(phrase) == 1]

    found = read(", ".join(phrases))

    assert len(found.terms) == MAX_TERMS
    assert found.unknown


def test_tags_of_the_library_are_understood() -> None:
    assert read("neue deutsche welle").terms[0].tags == ("Neue Deutsche Welle",)


def test_words_without_a_phrase_are_read_by_meaning() -> None:
    found = read("piano in the gloaming")

    assert [term.certain for term in found.terms] == [True, False]
    assert not found.unknown


def test_what_is_not_understood_is_named() -> None:
    found = read("asdf qwertz")

    assert not found.understood
    assert found.unknown == ("asdf", "qwertz")


def test_what_is_only_heard_as_part_of_what_is_asked_for_cannot_be_refused() -> None:
    found = read("jazz without saxophone")

    assert [(term.words, term.negative) for term in found.terms] == [("jazz", False)]
    assert found.unknown == ("saxophone",)
