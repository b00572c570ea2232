"""Captions: what people might type to find a track, made from its tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from contract.errors import TextUnavailable

#: Fewest tracks with a genre, mood or comment, and fewest different words, that training needs.
LEAST_TRACKS: Final = 200
LEAST_WORDS: Final = 20
#: Longest comment to use, in characters: longer ones are essays, licences or logs.
LONGEST_COMMENT: Final = 200
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_LINK: Final = re.compile(r"\S*(?:://|www\.)\S*")


@dataclass(frozen=True, slots=True)
class TrackTags:
    """The tags of one track; a `year` of 0 means unknown."""

    id: str
    album_id: str
    title: str
    genres: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    year: int = 0
    comment: str = ""

    @property
    def told(self) -> bool:
        """Whether the tags describe the sound; title and year alone do not."""
        return bool(self.genres or self.moods or _comment(self))


def captions(tags: TrackTags) -> list[str]:
    """Return different texts for one track, from everything known (first) down to single genres and moods."""
    genres, moods = " ".join(tags.genres).lower(), " ".join(tags.moods).lower()
    style = f"{moods} {genres}".strip()
    decade = f"{tags.year // 10 * 10}s" if tags.year else ""
    everything = ", ".join(filter(None, (style, decade, tags.title, _comment(tags))))
    texts = (everything, style, *(genre.lower() for genre in tags.genres), *(mood.lower() for mood in tags.moods))
    return list(dict.fromkeys(filter(None, (*texts, f"{decade} {genres}".strip(), tags.title, _comment(tags)))))


def style(tags: TrackTags) -> str:
    """Return moods and genres in the order in which people ask for music."""
    return " ".join((*tags.moods, *tags.genres)).lower()


def words(texts: Iterable[str]) -> set[str]:
    """Return the different words of texts, in lower case and without numbers."""
    return set(chain.from_iterable(_WORD.findall(text.lower()) for text in texts))


def check_enough(tracks: Sequence[TrackTags]) -> int:
    """Return how many different words the tags of `tracks` hold; all tracks must be `told`.

    Raises `TextUnavailable` if there are too few tracks or too few words.
    """
    if len(tracks) < LEAST_TRACKS:
        raise TextUnavailable(
            f"only {len(tracks)} embedded tracks have a genre, a mood or a comment, and {LEAST_TRACKS} are needed to "
            "learn what words sound like; tag more of the library, let Navidrome scan it, embed it, and try again"
        )
    count = len(words(text for track in tracks for text in captions(track)))
    if count < LEAST_WORDS:
        raise TextUnavailable(
            f"the tags of {len(tracks)} tracks hold only {count} different words, and {LEAST_WORDS} are needed to "
            "learn what words sound like; give the tracks more specific genres, moods or comments, and try again"
        )
    return count


def _comment(tags: TrackTags) -> str:
    """Return the comment on one line without URLs, or "" if it is too long to be about the music."""
    text = " ".join(_LINK.sub(" ", tags.comment).split())
    return text if len(text) <= LONGEST_COMMENT else ""
