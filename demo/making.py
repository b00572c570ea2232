"""Makes one file of the demo library."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import numpy as np
from scipy.signal import resample_poly

from demo.catalogue import TRUNCATED_PART, Entry, chance
from demo.encoding import encode
from demo.mixing import render
from demo.score import Piece, live, performed, remastered
from demo.styles import STYLES
from demo.synthesis import Signal
from demo.tags import write_tags

#: The highest sample rate for synthesis, Hz. Sound for higher rates is converted.
SYNTHESIS_RATE: Final = 48_000
#: The content of the text file named .mp3.
TEXT: Final = "Remember to rip the second disc.\n" * 60


def make(folder: Path, entry: Entry) -> None:
    """Make the file of `entry` below `folder`: synthesised, encoded and tagged, written atomically."""
    path = folder / entry.location
    path.parent.mkdir(parents=True, exist_ok=True)
    # Outside the libraries, so that a scanner never sees it.
    part = folder / ".parts" / f"{entry.id}.{entry.format.suffix}"
    part.parent.mkdir(exist_ok=True)
    if entry.kind == "text":
        part.write_text(TEXT)
    else:
        encode(part, entry.format.suffix, samples(entry), entry.format.rate)
        write_tags(part, entry)
    if entry.kind == "truncated":
        whole = part.read_bytes()
        part.write_bytes(whole[: int(len(whole) * TRUNCATED_PART)])
    part.replace(path)


def copy(folder: Path, original: Entry, entry: Entry) -> None:
    """Make `entry` a byte-identical copy of the file of `original`."""
    path = folder / entry.location
    path.parent.mkdir(parents=True, exist_ok=True)
    part = folder / ".parts" / f"{entry.id}.{entry.format.suffix}"
    part.parent.mkdir(exist_ok=True)
    shutil.copyfile(folder / original.location, part)
    part.replace(path)


def samples(entry: Entry) -> Signal:
    """Return the sound of `entry` as `[channels, n]` at its sample rate; the same every time."""
    form = entry.format
    if entry.kind == "silent":
        return np.zeros((form.channels, int(entry.seconds * form.rate)), np.float32)
    factor = max(1, form.rate // SYNTHESIS_RATE)
    sound = render(piece(entry), form.rate // factor, form.channels)
    return sound if factor == 1 else np.asarray(resample_poly(sound, factor, 1, axis=1), np.float32).clip(-1, 1)


def piece(entry: Entry) -> Piece:
    """Return the composition of `entry` as its artist plays it in this take."""
    composed = STYLES[entry.style](np.random.default_rng(chance(entry.seed)), entry.seconds, entry.voice)
    if entry.take == "live":
        composed = live(composed)
    # A remaster is the same performance.
    hands = chance(entry.seed, "live" if entry.take == "live" else "studio")
    played = performed(composed, np.random.default_rng(hands))
    return remastered(played) if entry.take == "remastered" else played
