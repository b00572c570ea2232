"""The tracks of the demo library: sixty-four pieces in eight styles, and the oddities of real libraries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final, Literal, TypeAlias

from demo.discography import GUESTS, SCENES, TAKES, Album
from demo.ids import row_id

Kind: TypeAlias = Literal["normal", "silent", "long", "truncated", "text", "copy"]

#: Names of the libraries' folders, by number in the database.
LIBRARIES: Final = {1: "music", 2: "archive"}
#: Seconds of the long track.
LONG_SECONDS: Final = 720.0
#: The share of a truncated file that is kept.
TRUNCATED_PART: Final = 0.4
#: Characters that some file systems refuse; replaced in paths, as taggers do.
FORBIDDEN: Final = str.maketrans(dict.fromkeys('/\\:*?"<>|', "_"))


@dataclass(frozen=True, slots=True)
class Format:
    """How a track is stored: container, sample rate in Hz, channels."""

    suffix: str
    rate: int
    channels: int


#: Every style has one track in each of these formats, so that no format reveals a style.
FORMATS: Final = (
    Format("mp3", 44100, 2),
    Format("flac", 44100, 2),
    Format("ogg", 48000, 2),
    Format("opus", 48000, 1),
    Format("m4a", 44100, 2),
    Format("wav", 22050, 1),
    Format("flac", 96000, 1),
    Format("mp3", 48000, 1),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A track to make.

    `path` is relative to its library's folder; `voice`: which of the style's artists plays; `seed`: the name of the
    composition; `take`: how it is played.
    """

    path: str
    library: int
    title: str
    artist: str
    album: str
    number: int
    year: int
    style: str
    genre: str
    mood: str
    seconds: float
    format: Format
    voice: int
    seed: str
    take: str = "studio"
    kind: Kind = "normal"
    guest: str | None = None

    @property
    def id(self) -> str:
        """The track's id in the database."""
        return row_id("track", LIBRARIES[self.library], self.path)

    @property
    def location(self) -> str:
        """The path relative to the demo folder."""
        return f"{LIBRARIES[self.library]}/{self.path}"

    @property
    def comment(self) -> str:
        """The value of the tag `comment`."""
        return f"{self.mood} {self.genre.lower()}, synthesised"


def full() -> tuple[Entry, ...]:
    """Return the entries of the whole library."""
    entries = [entry for style in SCENES for entry in _style(style)]
    return (*entries, *_oddities(entries))


def small(tracks: int, seconds: float = 4.0) -> tuple[Entry, ...]:
    """Return `tracks` pieces of `seconds`, spread evenly over three styles, without oddities."""
    styles = [_style(style) for style in ("piano", "techno", "ambient")]
    chosen = [styles[index % 3][index // 3] for index in range(min(tracks, sum(map(len, styles))))]
    return tuple(replace(entry, seconds=seconds) for entry in chosen)


def chance(*names: object) -> int:
    """Derive a random seed from names."""
    return int.from_bytes(sha256("\0".join(map(str, names)).encode()).digest()[:8], "big")


def _style(style: str) -> list[Entry]:
    scene = SCENES[style]
    rows = [(album, number, title) for album in scene.albums for number, title in enumerate(album.titles, 1)]
    shift = list(SCENES).index(style) * 3
    entries = []
    for index, (album, number, title) in enumerate(rows):
        source, take = TAKES.get(title, (title, "studio"))
        # A take is as long as the piece that it repeats.
        draw = chance("length", style, source)
        stored = FORMATS[(index + shift) % len(FORMATS)]
        seconds = 20.0 + draw % 24
        entries.append(
            Entry(
                path=_path(album, number, title, stored.suffix),
                library=album.library,
                title=title,
                artist=album.artist,
                album=album.name,
                number=number,
                year=album.year,
                style=style,
                genre=scene.genre,
                mood=scene.moods[index % len(scene.moods)],
                seconds=seconds,
                format=stored,
                voice=scene.artists.index(album.artist),
                seed=f"{style}/{source}",
                take=take,
                guest=GUESTS.get(title),
            )
        )
    return entries


def _path(album: Album, number: int, title: str, suffix: str) -> str:
    names = (album.artist, album.name, f"{number:02} - {title}.{suffix}")
    return "/".join(name.translate(FORBIDDEN) for name in names)


def _oddities(entries: list[Entry]) -> Iterator[Entry]:
    """Yield a long track, a truncated one, a silent one, text named .mp3, and a copy of another track's file."""
    first = {style: next(entry for entry in entries if entry.style == style) for style in SCENES}
    mono = Format("mp3", 22050, 1)
    yield replace(
        first["ambient"],
        path="Sólveig Hrafn/Undir ís/03 - Vetur, allur.mp3",
        title="Vetur, allur",
        album="Undir ís",
        year=2017,
        number=3,
        seconds=LONG_SECONDS,
        format=mono,
        seed="ambient/Vetur, allur",
        kind="long",
    )
    yield replace(
        first["metal"],
        path="Grävling/Järn/04 - Avbruten.mp3",
        title="Avbruten",
        number=4,
        seconds=40.0,
        format=Format("mp3", 44100, 2),
        seed="metal/Avbruten",
        kind="truncated",
    )
    unknown = replace(first["piano"], artist="[Unknown Artist]", album="[Unknown Album]")
    odd = replace(unknown, style="", year=0, number=0, genre="", mood="")
    yield replace(
        odd, path="unsorted/silence.flac", title="silence", seconds=15.0, format=Format("flac", 44100, 2), kind="silent"
    )
    yield replace(odd, path="unsorted/not music.mp3", title="not music", seconds=0.0, format=mono, kind="text")
    yield replace(first["piano"], path=f"copies/{first['piano'].path.rsplit('/', 1)[1]}", library=2, kind="copy")
