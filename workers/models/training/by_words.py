"""What reading by words finds without training, for the same held-out tracks, whose tags it does not see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from broker.client import MeshClient
from broker.vectors import Vectors
from contract.errors import MeshError
from contract.library import LibraryClient
from contract.search import Row
from contract.track import TaggedTrack
from workers.models.sentence.encoder import SentenceEncoder
from workers.models.training.captions import TrackTags, style
from workers.models.training.folds import folds, sample
from workers.models.training.learning import MOST_QUERIES, MOST_TURNS_TRACKS, Rows
from workers.models.training.recall import FIRST
from workers.runtime.settings import WorkerSettings
from workers.search.words.direction import Space, space_of
from workers.search.words.evidence import evidence
from workers.search.words.gathering import Heard, read_labels, snapshot
from workers.search.words.meaning import Meanings
from workers.search.words.parser import Parser
from workers.search.words.seeding import seed_weights
from workers.search.words.target import Target
from workers.search.words.tracks import Column, Tracks

#: Seconds that the encoder stays loaded.
KEPT: Final = 60.0


def styled_by_words(
    client: MeshClient, tracks: Sequence[TrackTags], vectors: Vectors, settings: WorkerSettings
) -> float:
    """Return the share of the first ten that have the moods and genres of held-out tracks, asked for by words."""
    heard = Heard()
    try:
        read_labels(LibraryClient(client), heard, lambda: False)
    except MeshError:
        heard = Heard()  # without labels, the tags of other tracks must do
    return compared(tracks, vectors, heard, Meanings(SentenceEncoder(settings.checkpoints, KEPT)))


def compared(tracks: Sequence[TrackTags], vectors: Vectors, heard: Heard, meanings: Meanings | None) -> float:
    """Likewise, from [n, D] vectors of unit length and what was heard."""
    parts = folds([track.id for track in tracks], [track.album_id for track in tracks])
    turns = len(parts) if len(tracks) <= MOST_TURNS_TRACKS else 1
    styles = [style(track) for track in tracks]
    space = space_of(vectors)
    shares: list[float] = []
    for held in parts[:turns]:
        known = snapshot(_without(tracks, held), heard)
        asked = held[sample([tracks[row].id for row in held], MOST_QUERIES)]
        lists: dict[str, Column] = {}
        for row in asked:
            text = styles[row]
            if text:
                if text not in lists:
                    lists[text] = _scores(text, known, vectors, space, meanings)
                shares.append(_share(lists[text].copy(), row, styles))
    return float(np.mean(shares)) if shares else 0.0


def _without(tracks: Sequence[TrackTags], held: Rows) -> list[TaggedTrack]:
    """Return the tracks, the held-out ones without their genres and moods."""
    hidden = set(held.tolist())
    found = [
        TaggedTrack(
            id=track.id,
            album_id=track.album_id,
            title=track.title,
            genres=list(track.genres),
            moods=list(track.moods),
            year=0,
            comment="",
        )
        for track in tracks
    ]
    return [replace(track, genres=[], moods=[]) if row in hidden else track for row, track in enumerate(found)]


def _scores(text: str, known: Tracks, vectors: Vectors, space: Space, meanings: Meanings | None) -> Column:
    """Return the scores [n] of all tracks; zeros if nothing of the text is understood."""
    reading = Parser(known, meanings).read(text)
    if not reading.understood:
        return np.zeros(len(known), np.float32)
    found = evidence(reading, known)
    weights = seed_weights(reading, known, found)
    direction = space.towards(vectors, weights) if weights.sum() > 0 else None
    marks = None if direction is None else np.sort(vectors @ direction)
    target = Target(text, known, found, direction, marks, only_sound=not found.parts)
    return target.scores([Row(track_id=track_id) for track_id in known.ids], vectors)


def _share(scores: Column, own: int, styles: Sequence[str]) -> float:
    scores[own] = -np.inf
    first = np.argsort(-scores, kind="stable")[:FIRST]
    return float(np.mean([styles[row] == styles[own] for row in first]))
