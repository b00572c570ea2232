"""Files are added, moved and deleted: after a scan of Navidrome, lists reflect it."""

from __future__ import annotations

import shutil

from tests.endtoend.navidrome.asking import sonic
from tests.endtoend.navidrome.binaries import recorded_music
from tests.endtoend.navidrome.plugged import Plugged
from tests.endtoend.navidrome.town import FOLLOW_S
from tests.harness.waiting import eventually

#: More than there are tracks.
ALL = 100


def test_a_file_is_added_moved_and_deleted(plugged: Plugged) -> None:
    town, admin, alice, bob = plugged.town, plugged.town.admin, plugged.people["alice"], plugged.people["bob"]
    seed = town.song("Strom/04 - Fourth Gate.opus")
    there = {i for i, _ in sonic(alice, seed, ALL)}
    # When a file is added
    added = town.music / "New Arrivals/Debut/02.ogg"
    added.parent.mkdir(parents=True)
    shutil.copyfile(recorded_music() / "changed-files/added-2.ogg", added)
    town.navidrome.scan()
    song = town.song("Debut/02.ogg")
    assert song not in there
    # Then it is in lists, and has one of its own
    eventually(lambda: song in {i for i, _ in sonic(alice, seed, ALL)}, seconds=FOLLOW_S)
    assert sonic(bob, song)
    # When it moves to the other library, which bob does not see
    moved = town.archive / "Debut/02.ogg"
    moved.parent.mkdir(parents=True)
    added.rename(moved)
    town.navidrome.scan()
    assert next(each["libraryId"] for each in admin.songs() if each["path"] == "Debut/02.ogg") == 2
    song = town.song("Debut/02.ogg")
    # Then alice finds it, as one of the other library: after all of the seed's own
    eventually(lambda: sonic(alice, seed, ALL)[-1][0] != song or song in _known(plugged, seed), seconds=FOLLOW_S)
    eventually(lambda: song in {i for i, _ in sonic(alice, seed, ALL)}, seconds=FOLLOW_S)
    assert song not in {i for i, _ in sonic(bob, seed, ALL)}
    # When it is deleted
    moved.unlink()
    town.navidrome.scan()
    # Then the mesh no longer names it, or anything else that does not exist
    eventually(lambda: song not in _known(plugged, seed), seconds=FOLLOW_S)
    assert _known(plugged, seed) <= {each["id"] for each in admin.songs()}
    assert sonic(alice, seed)


def _known(plugged: Plugged, seed: str) -> set[str]:
    """What the mesh itself names as like a track."""
    answer = plugged.ask("nd_get_sonic_similar_tracks", {"song": {"id": seed}, "count": ALL})
    return {match["song"]["id"] for match in answer["matches"]}
