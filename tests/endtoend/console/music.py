"""Short tagged recordings in a few styles, quick to make and to embed; one title is hostile."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from mutagen.flac import FLAC

RATE = 22_050
#: What would run if a title were ever read as markup.
HOSTILE = '<img src=x onerror="window.hacked=1">'
ARTISTS = ("Élise Moreau", "Tomasz Wilk", "Kite & Harbour", "Nine Volt Orchard", "The Cellar Quintet", "Vox Borealis")
GENRES = ("Ambient", "Piano", "Folk", "Electronic", "Jazz", "Choir")
WORDS = ("Snow", "Ferries", "Lanterns", "Arcade", "Stairs", "Antiphon", "Nocturne", "Tide", "Orchard", "Lighthouse")


@dataclass(frozen=True)
class Piece:
    """A recording of `seconds`; `style` decides how it sounds."""

    path: str
    title: str
    artist: str
    album: str
    genre: str
    style: int
    seconds: float = 3.0


def library(tracks: int = 120) -> list[Piece]:
    """A library for everybody: twenty tracks an artist, the first one hostile, the second one long."""
    pieces = []
    for number in range(tracks):
        style = number % len(ARTISTS)
        title = f"{WORDS[(number * 7) % len(WORDS)]} {number}"
        artist, album = ARTISTS[style], f"Volume {number // 30 + 1}"
        seconds = 3.0 + (number % 5)
        pieces.append(Piece(f"{style}/{number}.flac", title, artist, album, GENRES[style], style, seconds))
    pieces[0] = Piece("0/0.flac", HOSTILE, ARTISTS[0], "Volume 1", GENRES[0], 0)
    pieces[1] = Piece("1/1.flac", "Long Nocturne", ARTISTS[1], "Volume 1", GENRES[1], 1, 75.0)
    return pieces


def secrets() -> list[Piece]:
    """A library that not everybody may see."""
    return [Piece(f"secret {n}.flac", f"Secret {n}", "The Hidden", "Hidden", "Hush", n % 3, 4.0) for n in range(6)]


def write(folder: Path, pieces: list[Piece]) -> Path:
    """Write the pieces, and a file that is no audio."""
    for piece in pieces:
        path = folder / piece.path
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, sound(piece), RATE, subtype="PCM_16")
        tags = FLAC(path)  # type: ignore[no-untyped-call]
        album = {"album": piece.album, "albumartist": piece.artist, "genre": piece.genre}
        tags.update({"title": piece.title, "artist": piece.artist, **album})  # type: ignore[no-untyped-call]
        tags.save()
    return folder


def write_broken(folder: Path) -> Path:
    """A file that is named like audio, and is not."""
    path = folder / "broken" / "Not Audio.mp3"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"this is no audio\n" * 2000)
    return path


def sound(piece: Piece) -> np.ndarray:
    """A chord with as much noise and as fast a pulse as its style has."""
    chance = np.random.default_rng([piece.style, sum(map(ord, piece.path))])
    time = np.arange(int(RATE * piece.seconds)) / RATE
    root = 110.0 * 2 ** ((piece.style * 5 + chance.integers(0, 3)) / 12)
    chord = sum(np.sin(2 * np.pi * root * ratio * time) for ratio in (1, 1.25, 1.5, 2))
    pulse = 0.6 + 0.4 * np.sin(2 * np.pi * (0.5 + piece.style) * time)
    noise = chance.standard_normal(len(time)) * (0.02 + 0.12 * piece.style)
    mixed = chord * pulse + noise
    scaled: np.ndarray = (0.5 * mixed / np.abs(mixed).max()).astype(np.float32)
    return scaled
