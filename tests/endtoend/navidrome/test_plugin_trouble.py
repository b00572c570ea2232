"""The plugin when the mesh refuses it or is down: Navidrome continues, and so does the plugin afterwards."""

from __future__ import annotations

from tests.endtoend.navidrome.asking import songs_like, sonic
from tests.endtoend.navidrome.plugged import Plugged
from tests.endtoend.navidrome.server import Refusal
from tests.endtoend.navidrome.town import FOLLOW_S
from tests.harness.waiting import eventually


def test_a_wrong_token(plugged: Plugged) -> None:
    # Given
    song = plugged.town.song("Strom/04 - Fourth Gate.opus")
    before = plugged.answered()
    plugged.configure(token="of another mesh")
    # When
    try:
        songs_like(plugged.people["alice"], song)
        assert not answered(plugged, song)
    finally:
        plugged.configure()
    # Then nothing was revealed, the log says why, and with the right token everything works
    assert plugged.answered()["401"] > before["401"]
    assert plugged.answered()["200"] == before["200"]
    assert "sonicmesh: the mesh answered 401" in plugged.navidrome.log()
    assert sonic(plugged.people["alice"], song)


def test_the_mesh_away_and_back(plugged: Plugged) -> None:
    # Given
    song = plugged.town.song("Strom/04 - Fourth Gate.opus")
    expected = answered(plugged, song)
    assert expected
    # When the mesh is stopped
    plugged.mesh.sonicmesh("stop")
    try:
        songs_like(plugged.people["alice"], song)
        assert not answered(plugged, song)
        assert "sonicmesh: cannot reach the mesh" in plugged.navidrome.log()
    finally:
        plugged.mesh.json("run", "--no-wait")
    # Then it answers as before once it is back, without a restart of Navidrome
    eventually(lambda: answered(plugged, song) == expected, seconds=FOLLOW_S)


def answered(plugged: Plugged, song: str) -> list[str]:
    """Sonically similar tracks, which only the plugin knows; none where it fails."""
    try:
        return [track_id for track_id, _ in sonic(plugged.people["alice"], song)]
    except Refusal:
        return []
