"""Short pieces that one instrument plays, for labels that are the names of instruments."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from bench.planted.midi import Voice
from bench.planted.songs import Song, song

#: Programs of General MIDI by the label that their sound should get.
PROGRAMS: Final[dict[str, tuple[int, ...]]] = {
    "piano": (0, 1),
    "harpsichord": (6,),
    "guitar": (24, 25),
    "violin": (40,),
    "cello": (42,),
    "harp": (46,),
    "strings": (48, 49),
    "choir": (52, 53),
    "flute": (73,),
    "synth": (81, 90),
    "sitar": (104,),
}
#: Pieces per instrument.
PIECES: Final = 8
SECONDS: Final = 12.0


def pieces() -> list[tuple[str, Song]]:
    """Return (label, piece) pairs; one instrument plays chords and tune of each, and there are no drums."""
    found = []
    for number, (label, programs) in enumerate(PROGRAMS.items()):
        for turn in range(PIECES):
            seed = 5_000 + 100 * number + turn
            composed = song(seed, SECONDS)
            program = programs[turn % len(programs)]
            rng = np.random.default_rng(seed)
            voices = tuple(Voice(program, voice.notes) for voice in composed.voices if voice.program is not None)
            kept = voices[-1:] if len(voices) > 1 and rng.random() < 0.5 else voices
            found.append((label, replace(composed, name=f"{label}-{turn}", voices=kept)))
    return found
