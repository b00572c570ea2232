"""Write notes as a MIDI file and have FluidSynth play it with a General MIDI soundfont."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: Ticks per beat of the files.
TICKS: Final = 480
#: The channel of drums in General MIDI, counted from 0.
DRUMS: Final = 9
RATE: Final = 44_100
SOUNDFONT: Final = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")


@dataclass(frozen=True, slots=True)
class Note:
    """`at` and `length` in beats, `pitch` in semitones, `force` 0 to 127."""

    at: float
    length: float
    pitch: int
    force: int = 90


@dataclass(frozen=True, slots=True)
class Voice:
    """What one instrument plays; `program` counts from 0, None is the drum kit."""

    program: int | None
    notes: tuple[Note, ...]


def missing() -> list[str]:
    """Return the Debian packages that rendering needs and this machine lacks."""
    return [
        package
        for package, there in (
            ("fluidsynth", shutil.which("fluidsynth") is not None),
            ("fluid-soundfont-gm", SOUNDFONT.is_file()),
        )
        if not there
    ]


def render(voices: Sequence[Voice], bpm: float, target: Path) -> Path:
    """Write a WAV file of the voices at that tempo. Raises `CalledProcessError` if FluidSynth fails."""
    score = target.with_suffix(".mid")
    score.write_bytes(_file(voices, bpm))
    command = ["fluidsynth", "-ni", "-q", "-g", "0.5", "-r", str(RATE), "-F", str(target), str(SOUNDFONT), str(score)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    score.unlink()
    return target


def _file(voices: Sequence[Voice], bpm: float) -> bytes:
    tempo = round(60_000_000 / bpm).to_bytes(3, "big")
    tracks = [_track([(0, b"\xff\x51\x03" + tempo)])]
    channels = iter(channel for channel in range(16) if channel != DRUMS)
    tracks += [_track(_events(voice, DRUMS if voice.program is None else next(channels))) for voice in voices]
    head = b"MThd" + (6).to_bytes(4, "big") + b"\0\1" + len(tracks).to_bytes(2, "big") + TICKS.to_bytes(2, "big")
    return head + b"".join(tracks)


def _events(voice: Voice, channel: int) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes]] = []
    if voice.program is not None:
        found.append((0, bytes([0xC0 | channel, voice.program])))
    for note in voice.notes:
        start = max(0, round(note.at * TICKS))
        found.append((start, bytes([0x90 | channel, note.pitch, note.force])))
        found.append((start + max(1, round(note.length * TICKS)), bytes([0x80 | channel, note.pitch, 0])))
    return found


def _track(events: list[tuple[int, bytes]]) -> bytes:
    data, now = b"", 0
    # Notes end before others begin at the same tick; the program comes first.
    for at, event in sorted(events, key=lambda one: (one[0], one[1][0] & 0xF0 == 0x90)):
        data += _varint(at - now) + event
        now = at
    data += b"\0\xff\x2f\0"
    return b"MTrk" + len(data).to_bytes(4, "big") + data


def _varint(value: int) -> bytes:
    found = bytes([value & 0x7F])
    while value := value >> 7:
        found = bytes([0x80 | (value & 0x7F)]) + found
    return found
