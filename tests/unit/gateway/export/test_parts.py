"""The parts in which an export is turned into text."""

from __future__ import annotations

import pytest

from contract.labels import LabelledTrack, SoundFacts
from gateway.export.records import MAX_NUMBERS, PAGE, cut


def tracks(number: int) -> list[LabelledTrack]:
    return [LabelledTrack(track_id=f"t{n}", labels=[], facts=SoundFacts(), audio_id=f"a{n}") for n in range(number)]


@pytest.mark.parametrize(("dimension", "most"), [(0, PAGE), (96, PAGE), (76_800, 3), (2 * MAX_NUMBERS, 1)])
def test_a_part_has_few_numbers(dimension: int, most: int) -> None:
    page = tracks(10)
    vectors = {track.track_id: memoryview(bytes(4 * dimension)) for track in page[1:] if dimension}
    parts = list(cut(page, vectors))
    assert [track for part in parts for track in part] == page
    assert max(map(len, parts)) == min(most, len(page))
    assert list(cut([], {})) == []
