"""A library whose vectors follow from its words, and one whose vectors do not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from broker.vectors import Vectors
from workers.models.training.captions import TrackTags

GENRES = ("Techno", "Ambient", "Jazz", "Metal", "Piano", "Choir")
MOODS = ("calm", "dark", "bright", "driving", "solemn")
#: Nouns of titles, so that there are enough different words.
NOUNS = ("river", "window", "engine", "harbour", "snow", "lantern", "forest", "signal", "mirror", "stairs")


def library(count: int = 300) -> list[TrackTags]:
    """Tracks in albums of four that share genre and mood."""
    rng = np.random.default_rng(5)
    tracks = []
    for row in range(count):
        album = row // 4
        genre, mood = GENRES[album % len(GENRES)], MOODS[(album // len(GENRES)) % len(MOODS)]
        title = f"{rng.choice(NOUNS)} {row}"
        tracks.append(TrackTags(f"t{row:04}", f"a{album:03}", title, (genre,), (mood,), 1960 + album % 60))
    return tracks


def vectors(tracks: list[TrackTags], told: float, width: int = 24) -> Vectors:
    """[n, width] of length 1 with a strong common direction: of genre and mood by the share `told`, else noise."""
    rng = np.random.default_rng(6)
    words = {word: rng.standard_normal(width) for word in (*GENRES, *MOODS)}
    rows = np.array([words[track.genres[0]] + words[track.moods[0]] for track in tracks])
    noisy = 6.0 * np.ones(width) + told * rows + (1 - told) * rng.standard_normal(rows.shape)
    unit: Vectors = (noisy / np.linalg.norm(noisy, axis=1, keepdims=True)).astype(np.float32)
    return unit


def bag_of_words(texts: list[str], width: int = 64) -> Vectors:
    """[n, width] of length 1: a text encoder that knows every word by a direction of its own, and nothing else."""
    rows = np.stack([sum((_direction(word, width) for word in _split(text)), np.zeros(width)) for text in texts])
    unit: Vectors = (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).astype(np.float32)
    return unit


def _split(text: str) -> list[str]:
    return text.lower().replace(",", " ").split()


def _direction(word: str, width: int) -> npt.NDArray[np.float64]:
    return np.random.default_rng(list(word.encode())).standard_normal(width)
