"""A large library of planted tracks: styles as clusters of vectors, labels and facts drawn around each style's own."""

from __future__ import annotations

from typing import Final

import numpy as np

from bench.heard import HeardLibrary
from contract.labels import FACTS, MARKS, LabelsPage
from contract.operation import ReplyWithBlobs
from contract.search import Row
from contract.track import TaggedTrack
from contract.vocabulary import NAMES, VERSION
from workers.search.words.gathering import Heard

STYLES: Final = 200
DIMENSION: Final = 224
#: Deviation within a style, relative to that between styles.
SPREAD: Final = 0.7


def planted_library(count: int, seed: int = 0) -> HeardLibrary:
    """Returns `count` tracks of 200 styles, by `count / 12` artists, from 1950 to 2025."""
    draws = np.random.default_rng(seed)
    styles = draws.integers(0, STYLES, count)
    vectors = draws.standard_normal((STYLES, DIMENSION), np.float32)[styles]
    vectors += SPREAD * draws.standard_normal((count, DIMENSION), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = draws.standard_normal((STYLES, len(NAMES)), np.float32)[styles]
    scores += SPREAD * draws.standard_normal((count, len(NAMES)), np.float32)
    facts = draws.random((count, len(FACTS)), np.float32)
    facts[:, FACTS.index("bpm")] = 60 + 120 * facts[:, FACTS.index("bpm")]
    facts[:, FACTS.index("key")] = draws.integers(0, 24, count)
    artists, years = draws.integers(0, max(count // 12, 1), count), draws.integers(1950, 2026, count)
    ids = [f"t{number:07}" for number in range(count)]
    rows, tagged = [], []
    for track_id, style, artist, year in zip(ids, styles.tolist(), artists.tolist(), years.tolist(), strict=True):
        title, name = f"Title {track_id}", f"Artist {artist}"
        rows.append(Row(track_id=track_id, library_id=1, artist_id=name, audio_id=track_id, title=title, artist=name))
        tagged.append(
            TaggedTrack(
                id=track_id,
                album_id="",
                title=title,
                genres=[f"Style {style}"],
                moods=[],
                year=year,
                comment="",
                artist=name,
            )
        )
    traits = {track_id: frozenset({f"Style {style}"}) for track_id, style in zip(ids, styles.tolist(), strict=True)}
    return HeardLibrary(rows, vectors, tagged, _heard(ids, scores, facts), traits)


def _heard(ids: list[str], scores: np.ndarray, facts: np.ndarray) -> Heard:
    marks = np.quantile(scores, np.linspace(0, 1, MARKS), axis=0).T
    calibration = np.concatenate([np.full((len(NAMES), 1), -np.inf), marks], axis=1).astype("<f4")
    page = LabelsPage(version=VERSION, track_ids=ids, next=None, revision=1)
    heard = Heard()
    blobs = [scores.astype("<f2").tobytes(), facts.astype("<f4").tobytes(), calibration.tobytes()]
    heard.take(ReplyWithBlobs(page, blobs))
    return heard
