"""The later recommender fork, whose scanner asks the socket about every new track.

It takes over the earlier one's data, so these tests come after those of the earlier one.
"""

from __future__ import annotations

import shutil

import pytest

from tests.endtoend.navidrome.binaries import recorded_music
from tests.endtoend.navidrome.fork import Fork
from tests.endtoend.navidrome.judging import check_list, check_warnings, default_model, embedded, heard
from tests.endtoend.navidrome.town import FOLLOW_S
from tests.harness.waiting import eventually
from tests.integration.workers.library.uploads.conftest import exchange

#: Files that no other test brings into the fork's library.
NEW = ("added-2.ogg", "replaced.mp3")


@pytest.fixture(scope="module")
def later(fork: Fork) -> Fork:
    fork.town.navidrome.stop()
    fork.town.navidrome.start("recommender-late")
    return fork


def test_a_scan_does_not_wait_for_embedding(later: Fork) -> None:
    # Given new files, and nobody who embeds
    model = default_model(later.mesh)
    folder = later.town.music / "Later Arrivals"
    folder.mkdir()
    for name in NEW:
        shutil.copyfile(recorded_music() / "changed-files" / name, folder / f"later {name}")
    later.mesh.json("scale", f"{model}=0")
    try:
        # When
        later.town.navidrome.scan()
        # Then the scan is over; what it asked of each file was answered, and nothing is embedded yet
        songs = [later.town.song(f"later {name}") for name in NEW]
        assert not set(songs) & embedded(later.mesh, model).keys()
        asked = {"track_id": f"1:Later Arrivals/later {NEW[0]}", "artist": "New Arrivals", "title": "Second"}
        said = exchange(later.socket, action="status", **asked)
        assert (said["status"], said["embedded"], said["hasDescription"]) == ("ok", True, False)
        assert said["name"]
    finally:
        later.mesh.json("scale", f"{model}=1")
    # And once somebody embeds, the tracks are in lists under their own ids only
    eventually(lambda: set(songs) <= embedded(later.mesh, model).keys(), seconds=FOLLOW_S)
    assert embedded(later.mesh, model).keys() <= {song["id"] for song in later.town.admin.songs()}


def test_its_pages_ask_for_a_model_that_never_answers(later: Fork) -> None:
    # When
    shown, seen = later.ask("recent", models=["muq", "qwen3"])
    # Then
    model = default_model(later.mesh)
    ids = check_list(seen.asked, seen.answered, heard(later.mesh, model, later.town.admin.songs()), model)
    check_warnings(seen.answered["warnings"], ["muq"], model)
    assert ids
    assert shown["trackIds"] == ids
