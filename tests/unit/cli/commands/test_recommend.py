"""What `sonicmesh recommend` takes for a path, and what for a text."""

from __future__ import annotations

from typing import Any

import pytest

from cli.commands import recommend
from contract.errors import NotFound


@pytest.fixture(autouse=True)
def unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """No track has this name."""

    def find(_client: Any, query: str) -> None:
        raise NotFound(f"no track matches {query!r}")

    monkeypatch.setattr(recommend, "find_track", find)


@pytest.mark.parametrize("words", ["calm piano", "drum/bass at 170 bpm", "AC/DC, but softer"])
def test_words_that_name_no_track_are_a_text(words: str) -> None:
    assert recommend._track(None, words) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("words", ["/music/a.flac", "./a", "artist/album/01 song.mp3"])
def test_a_path_of_no_track_is_an_error(words: str) -> None:
    with pytest.raises(NotFound):
        recommend._track(None, words)  # type: ignore[arg-type]
