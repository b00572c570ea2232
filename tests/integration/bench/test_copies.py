"""bench.copies: copies are what they say, and its figures by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.copies import rows_of
from bench.copies_listening import LEAD, VARIANTS, write_copy
from bench.corpus import Track
from tests.harness.audio_files import RATE, stereo, write
from tests.harness.vectors import random_unit
from workers.audio.decode import load


def test_each_copy_is_as_long_and_as_loud_as_it_should_be(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", stereo(3.0))
    plain = load(path, RATE)
    for variant in VARIANTS:
        copy = load(write_copy(path, variant, tmp_path), RATE)
        later = LEAD if variant.startswith("half") else 0.0
        assert copy.duration == pytest.approx(plain.duration + later, abs=0.15), variant
        assert 0.4 < np.std(copy.samples) / np.std(plain.samples) < 2.5, variant


def test_what_is_missed_and_what_is_taken_for_one_is_counted() -> None:
    # Given six tracks of which two different pieces sound the same, and copies of two, one of them far away
    vectors = random_unit(6, 32)
    vectors[1] = vectors[0]
    tracks = [Track(f"t{n}", Path(), composer="A", title=f"Song {n}", piece=f"{n}", duration=100.0) for n in range(6)]
    copies = {"mp3": {2: vectors[2], 3: vectors[4]}}
    # When
    figures = {row.name: row for row in rows_of(tracks, vectors, copies)}
    # Then
    assert figures["pairs of pieces mistaken for one recording"].value == 1
    assert figures["pairs of pieces mistaken for one recording"].met is False
    assert figures["two pieces of equal length"].value == 15
    for tags in ("tags that agree", "other tags"):
        assert figures[f"mp3: missed with {tags}"].value == 1
