"""What people would type to find a track, made of its tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from contract.errors import TextUnavailable

#: Fewest tracks with a genre, a mood or a comment, and fewest different words, that anything can be learned from.
LEAST_TRACKS: Final = 200
LEAST_WORDS: Final = 20
#: Longest comment that is read, in characters: more is an essay, a licence or a log.
LONGEST_COMMENT: Final = 200
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_LINK: Final = re.compile(r"\S*(?:://|www\.)\S*")


@dataclass(frozen=True, slots=True)
class Tags:
    """One track's words as the library tells them; `year` 0: not known."""

    id: str
    album_id: str
    title: str
    genres: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    year: int = 0
    comment: str = ""

    @property
    def told(self) -> bool:
        """Whether somebody said how it sounds: a title and a year alone do not."""
        return bool(self.genres or self.moods or _comment(self))


def captions(tags: Tags) -> list[str]:
    """Different texts for one track, from all that is known to a single word; the first says all."""
    genres, moods = " ".join(tags.genres).lower(), " ".join(tags.moods).lower()
    style = f"{moods} {genres}".strip()
    decade = f"{tags.year // 10 * 10}s" if tags.year else ""
    everything = ", ".join(filter(None, (style, decade, tags.title, _comment(tags))))
    told = (everything, style, *(genre.lower() for genre in tags.genres), *(mood.lower() for mood in tags.moods))
    return list(dict.fromkeys(filter(None, (*told, f"{decade} {genres}".strip(), tags.title, _comment(tags)))))


def style(tags: Tags) -> str:
    """Moods and genres, as people ask for music."""
    return " ".join((*tags.moods, *tags.genres)).lower()


def words(texts: Iterable[str]) -> set[str]:
    """The different words of texts, in lower case; numbers are none."""
    return set(chain.from_iterable(_WORD.findall(text.lower()) for text in texts))


def check_enough(tracks: Sequence[Tags]) -> int:
    """How many different words the `tracks` hold, all of which are told. Raises `TextUnavailable` where they are too
    few or say too little.
    """
    if len(tracks) < LEAST_TRACKS:
        raise TextUnavailable(
            f"only {len(tracks)} embedded tracks have a genre, a mood or a comment, and {LEAST_TRACKS} are needed to "
            "learn what words sound like; tag more of the library, let Navidrome scan it, embed it, and try again"
        )
    found = len(words(text for track in tracks for text in captions(track)))
    if found < LEAST_WORDS:
        raise TextUnavailable(
            f"the tags of {len(tracks)} tracks hold only {found} different words, and {LEAST_WORDS} are needed to "
            "learn what words sound like; give the tracks more telling genres, moods or comments, and try again"
        )
    return found


def _comment(tags: Tags) -> str:
    """One line without addresses of pages; "" where it is too long to be about the music."""
    text = " ".join(_LINK.sub(" ", tags.comment).split())
    return text if len(text) <= LONGEST_COMMENT else ""
