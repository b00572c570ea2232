"""Mixes among people's playlists, as Navidrome's own scheduler has them written."""

from __future__ import annotations

from tests.endtoend.navidrome.plugged import PEOPLE, Plugged


def test_mixes_are_written_and_changed_ones_respected(plugged: Plugged) -> None:
    # When they are written
    plugged.night()
    # Then everybody has some, of what they may see, and no placeholder is named
    before = {name: plugged.mixes(name) for name in PEOPLE}
    for name, mixes in before.items():
        assert {"daily-1", "discovery"} <= mixes.keys(), mixes
        seen = {song["id"] for song in plugged.people[name].songs()}
        for mix in mixes.values():
            assert len(set(plugged.people[name].entries(mix["id"])) & seen) == mix["songCount"] >= 5
            assert "Unknown" not in mix["comment"]
    assert "Navidrome left out" not in plugged.navidrome.log()
    # When one is deleted, and another renamed and emptied, before the next night
    alice, bob = plugged.people["alice"], plugged.people["bob"]
    alice.rest("deletePlaylist", id=before["alice"]["discovery"]["id"])
    renamed = before["bob"]["daily-1"]["id"]
    bob.rest("updatePlaylist", playlistId=renamed, name="Bob's own", songIndexToRemove=list(range(3)))
    plugged.night()
    # Then it stays away, the other keeps its name, and every mix is there once
    assert "discovery" not in plugged.mixes("alice")
    after = plugged.mixes("bob")
    assert (after["daily-1"]["id"], after["daily-1"]["name"]) == (renamed, "Bob's own")
    assert after["daily-1"]["songCount"] == before["bob"]["daily-1"]["songCount"]
    assert {name: plugged.mixes(name).keys() for name in ("admin", "bob")} == {
        name: before[name].keys() for name in ("admin", "bob")
    }
