"""Harmony and performance, before any sound."""

from __future__ import annotations

import numpy as np
import pytest

from demo.score import Key, Note, Part, Piece, live, motif, nearest, performed, progression, remastered
from demo.styles import STYLES


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_scale_steps_wrap_into_octaves() -> None:
    key = Key(60, "major")
    assert [key.pitch(step) for step in (-1, 0, 2, 7, 9)] == [59, 60, 64, 72, 76]
    assert key.chord(4, 4) == (67, 71, 74, 77)


def test_a_progression_starts_at_home_and_ends_away_from_it() -> None:
    for seed in range(20):
        degrees = progression(rng(seed), 8)
        assert degrees[0] == 0
        assert degrees[-1] in {3, 4}


def test_voices_move_to_the_nearest_octave() -> None:
    assert nearest((72, 76, 79), (59.0, 64.0, 68.0)) == [60, 64, 67]


def test_a_motif_fills_its_beats() -> None:
    figure = motif(rng(), (0.5, 1.0), 4)
    assert sum(length for _, length, _ in figure) == pytest.approx(4)


@pytest.mark.parametrize("style", STYLES)
def test_each_style_composes_within_hearing_and_differently_each_time(style: str) -> None:
    # When
    one, same, other = (STYLES[style](rng(seed), 20.0, seed % 2) for seed in (1, 1, 2))
    # Then
    assert one == same != other
    notes = [note for part in one.parts for note in part.notes]
    assert all(20 <= note.pitch <= 110 and 0 < note.velocity <= 1.01 and note.seconds > 0 for note in notes)
    assert max(note.start for note in notes) > 15


def test_players_stray_a_little_and_a_machine_does_not() -> None:
    # Given
    notes = tuple(Note(float(second), 0.5, 60.0) for second in range(50))
    human = Piece(50, (Part("piano", notes),), human=0.01)
    # When
    late = [note.start - second for second, note in enumerate(performed(human, rng()).parts[0].notes)]
    # Then
    assert 0.003 < float(np.std(late)) < 0.02
    machine = Piece(50, (Part("pulse", notes),))
    assert performed(machine, rng()) == machine


def test_a_live_take_is_faster_with_the_same_pitches_and_a_remaster_is_louder() -> None:
    piece = STYLES["jazz"](rng(), 20.0, 0)
    taken = live(piece)
    assert taken.parts[0].notes[9].start < piece.parts[0].notes[9].start
    assert [note.pitch for note in taken.parts[0].notes] == [note.pitch for note in piece.parts[0].notes]
    assert remastered(piece).peak > piece.peak
    assert remastered(piece).parts == piece.parts
