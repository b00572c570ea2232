"""Two libraries that were listened to once: vectors, labels and tags of their tracks, so that texts need no audio.

`python -m bench.heard.make` makes the files again from the music.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

import numpy as np

from broker.vectors import Vectors
from contract.labels import LabelsPage
from contract.operation import ReplyWithBlobs
from contract.search import Row
from contract.track import TaggedTrack
from contract.vocabulary import VERSION
from workers.search.words.gathering import Heard, snapshot
from workers.search.words.tracks import Tracks

FOLDER: Final = Path(__file__).parent
Name = Literal["demo", "music"]


@dataclass(frozen=True, slots=True)
class HeardLibrary:
    """Rows and [n, 224] vectors of `fusion`, tags, and what was heard; `traits` of each track by its id."""

    rows: list[Row]
    vectors: Vectors
    tagged: list[TaggedTrack]
    heard: Heard
    traits: dict[str, frozenset[str]]

    @property
    def songs(self) -> list[frozenset[str]]:
        """The traits of each song: versions of a title by one artist count once."""
        return list(
            {(row.artist, row.title.partition(" (")[0]): self.traits[row.track_id] for row in self.rows}.values()
        )

    def tracks(self, *, with_tags: bool = True) -> Tracks:
        """Return the snapshot of all tracks; without tags it holds what was heard only."""
        if with_tags:
            return snapshot(self.tagged, self.heard)
        bare = [
            TaggedTrack(id=t.id, album_id="", title="", genres=[], moods=[], year=0, comment="") for t in self.tagged
        ]
        return snapshot(bare, self.heard)


@cache
def heard_library(name: Name) -> HeardLibrary:
    """Read one of the files."""
    with np.load(FOLDER / f"{name}.npz") as kept:
        data = {column: kept[column] for column in kept.files}
    ids, styles = data["ids"].tolist(), data["styles"].tolist()
    words = zip(*(data[column].tolist() for column in ("titles", "artists", "genres", "moods", "years")), strict=True)
    rows, tagged, traits = [], [], {}
    for number, (track_id, style, (title, artist, genre, mood, year)) in enumerate(
        zip(ids, styles, words, strict=True)
    ):
        genres, moods = [genre] if genre else [], [mood] if mood else []
        rows.append(_row(number, track_id, title, artist))
        tagged.append(
            TaggedTrack(
                id=track_id, album_id="", title=title, genres=genres, moods=moods, year=year, comment="", artist=artist
            )
        )
        traits[track_id] = frozenset({style, mood, artist, str(year), f"{year // 10 * 10}s"})
    return HeardLibrary(rows, data["vectors"].astype(np.float32), tagged, _heard(ids, data), traits)


def _row(number: int, track_id: str, title: str, artist: str) -> Row:
    return Row(
        track_id=track_id,
        library_id=1,
        artist_id=artist,
        audio_id=f"audio{number}",
        duration=100.0 + 3 * number,
        title=title,
        artist=artist,
    )


def _heard(ids: list[str], data: dict[str, np.ndarray]) -> Heard:
    heard = Heard()
    page = LabelsPage(version=VERSION, track_ids=ids, next=None, revision=1)
    blobs = [data["scores"].astype("<f2"), data["facts"].astype("<f4"), data["calibration"].astype("<f4")]
    heard.take(ReplyWithBlobs(page, [blob.tobytes() for blob in blobs]))
    return heard
