"""What chips mean for a search."""

from __future__ import annotations

from contract.browse import Chip
from contract.warnings import WarningCode
from gateway.explore.listing import effects_of
from gateway.explore.schema import ListSeed


def test_every_kind_of_chip() -> None:
    seeds = [
        ListSeed(kind="album", id="al", weight=2.0),
        ListSeed(kind="text", id="calm piano", weight=0.5),
        ListSeed(kind="artist", id="ar", sign="minus", weight=3.0),
        ListSeed(kind="track", id="gone"),
    ]
    chips = [
        Chip(kind="album", id="al", name="Album", artist="Somebody", track_ids=["1", "2"], tracks=9),
        Chip(kind="artist", id="ar", name="Artist", artist="", track_ids=["3"], tracks=1),
        Chip(kind="track", id="gone", name="", artist="", track_ids=[], tracks=0),
    ]
    effects = effects_of(seeds, chips)
    assert effects.plus == [(["1", "2"], 2.0)]
    assert effects.texts == [("calm piano", 0.5)]
    assert (effects.minus_ids, effects.minus_artists, effects.strength) == (["3"], ["ar"], 3.0)
    assert [seed.found for seed in effects.used] == [True, True, True, False]
    assert [seed.name for seed in effects.used] == ["Album", "calm piano", "Artist", ""]
    assert [warned.code for warned in effects.warnings] == [WarningCode.SONGS_UNSEEN]
