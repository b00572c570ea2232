"""The library of a real Navidrome: permissions and lists of its users, before and after the upgrade."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.harness.navidrome_stand_in import subsonic
from tests.harness.people_mesh import PeopleMesh
from tests.harness.places import SHARED
from tests.harness.waiting import eventually

LIVE = SHARED / "data/navidrome-live"
pytestmark = pytest.mark.skipif(not LIVE.is_dir(), reason="the recorded databases are not on this machine")

#: Shortly after the last play that was recorded (2026-11-20 12:23 UTC), in unix seconds.
RECORDED = 1_795_200_000.0
SETTINGS = "/api/recommendations/settings"


def recorded(name: str, folder: Path) -> Path:
    """A copy that may be opened for writing, and a user without any library."""
    path = folder / name
    shutil.copyfile(LIVE / name, path)
    path.chmod(0o644)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO user (id, user_name, name, email, created_at, updated_at) VALUES ('d', 'dave', '', '', '', '')"
        )
    return path


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeopleMesh]:
    mesh = PeopleMesh(recorded("1-before-0.63.db", tmp_path_factory.mktemp("live")))
    mesh.now = RECORDED
    mesh.fill_all()
    yield mesh
    mesh.close()


@pytest.mark.parametrize(
    ("name", "sees"), [("admin", {1, 2}), ("alice", {1, 2}), ("bob", {2}), ("carol", {1}), ("dave", set())]
)
def test_everybody_gets_what_they_may_see(live: PeopleMesh, name: str, sees: set[int]) -> None:
    known = dict(live.rows("SELECT id, library_id FROM media_file"))
    for mode in ("all", "discovery"):
        found = live.mix(name, mode, limit=60)["trackIds"]
        assert {known[i] for i in found} <= sees
        # carol never played anything
        assert bool(found) == (name in {"admin", "alice", "bob"})
    custom = live.mix(name, "custom", songIds=live.tracks()[:50:7], limit=60)["trackIds"]
    assert {known[i] for i in custom} == sees


def test_what_alice_rated_low_never_comes(live: PeopleMesh) -> None:
    alice = live.user_id("alice")
    low = {i for (i,) in live.rows("SELECT item_id FROM annotation WHERE user_id = ? AND rating IN (1, 2)", alice)}
    played = {i for (i,) in live.rows("SELECT item_id FROM annotation WHERE user_id = ? AND play_count > 0", alice)}
    assert len(low) == 2
    assert not low & set(live.mix("alice", "all", limit=60)["trackIds"])
    assert not played & set(live.mix("alice", "discovery", limit=60)["trackIds"])


def test_plays_age(live: PeopleMesh) -> None:
    assert live.mix("bob", "recent", limit=5)["trackIds"]
    live.now = RECORDED + 61 * 86_400
    assert live.mix("bob", "recent", limit=5)["trackIds"] == []
    live.now = RECORDED


def test_settings_survive_the_upgrade_that_rewrites_ids(live: PeopleMesh, tmp_path: Path) -> None:
    before = live.user_id("bob")
    assert live.put("bob", SETTINGS, b'{"mixLength": 17}').status == 200
    live.load(recorded("3-upgraded-0.64.db", tmp_path))
    assert live.user_id("bob") != before
    eventually(lambda: live.mesh.get(f"{SETTINGS}?{subsonic('bob')}&n=2").json["mixLength"] == 17, "adopted by name")
    assert live.get("bob", SETTINGS).json["mixLength"] == 17
    assert live.get("carol", SETTINGS).json["mixLength"] == 25


def test_the_stand_in_answers_as_recorded() -> None:
    """The shapes that these tests rely on are those of the real one."""
    user = json.loads((LIVE / "http/04-user-self.json").read_text())["response"]
    assert {"id", "userName", "isAdmin", "libraries"} <= set(user["body"])
    assert "X-Nd-Authorization" in user["headers"]
    wrong = json.loads((LIVE / "http/15-rest-wrong-password.json").read_text())["response"]
    assert (wrong["status"], wrong["body"]["subsonic-response"]["error"]["code"]) == (200, 40)
    renamed = json.loads((LIVE / "http/29-rest-createPlaylist-replace-renamed.json").read_text())["response"]
    assert renamed["body"]["subsonic-response"]["playlist"]["name"] == "From the mesh"
    dropped = json.loads((LIVE / "http/30-rest-createPlaylist-unknown-song.json").read_text())["response"]
    assert dropped["body"]["subsonic-response"]["playlist"]["songCount"] == 1
