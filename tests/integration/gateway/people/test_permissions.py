"""People see what they may see, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.people_mesh import CAROL, DAVE, PeopleMesh

ROOT = "/api/recommendations"


def libraries_of(people: PeopleMesh, track_ids: list[str]) -> set[int]:
    known = dict(people.rows("SELECT id, library_id FROM media_file"))
    return {known[i] for i in track_ids}


@pytest.mark.parametrize(("name", "sees"), [("admin", {1, 2}), ("alice", {1, 2}), ("bob", {2}), (CAROL, {1})])
def test_lists_come_from_the_libraries_of_the_person(people: PeopleMesh, name: str, sees: set[int]) -> None:
    for track in people.tracks()[:3]:
        people.heard(name, track, days=1)
    for mode in ("recent", "all", "discovery"):
        assert libraries_of(people, people.mix(name, mode, limit=50)["trackIds"]) == sees
    text = people.mix(name, "text", text="calm", model="muq", limit=50)
    assert libraries_of(people, text["trackIds"]) == sees
    custom = people.mix(name, "custom", songIds=people.tracks(), limit=50)
    assert custom["trackIds"] == []
    hidden = [track for track in people.tracks() if libraries_of(people, [track]).isdisjoint(sees)]
    assert sum("songIds" in warning for warning in custom["warnings"]) == bool(hidden)


def test_a_user_without_libraries_sees_nothing(people: PeopleMesh) -> None:
    track = people.tracks()[0]
    people.heard(DAVE, track, days=1)
    for mode, body in (("recent", {}), ("discovery", {}), ("custom", {"songIds": [track]}), ("text", {"text": "calm"})):
        found = people.mix(DAVE, mode, **body)
        assert (found["tracks"], found["warnings"]) == ([], ["you may not see any library of this Navidrome"])
        assert found["warningCodes"] == ["nothing_visible"]
    for path in (f"similar/track/{track}", f"path?from={track}&to={people.tracks()[1]}"):
        assert people.get(DAVE, f"/api/{path}").status == 404


def test_what_a_person_may_no_longer_see_is_no_seed_and_is_not_named(people: PeopleMesh) -> None:
    hidden, own = people.tracks(1)[0], people.tracks(2)[0]
    people.heard("bob", hidden, days=1)
    people.heard("bob", own, days=2)
    found = people.mix("bob", "recent", limit=50)
    title = people.rows("SELECT title FROM media_file WHERE id = ?", hidden)[0][0]
    assert found["tracks"]
    assert not any(title in track["reason"] for track in found["tracks"])
    alone = people.mix("bob", "custom", songIds=[own], positiveTrackIds=[hidden], limit=50)
    assert not any(title in track["reason"] for track in alone["tracks"])


@pytest.fixture
def listed(people: PeopleMesh) -> Iterator[tuple[PeopleMesh, str]]:
    """A playlist of alice with one track."""
    people.sql(
        "INSERT INTO playlist (id, name, owner_id, public, created_at, updated_at) VALUES ('mine', 'm', ?, 0, '', '')",
        people.user_id("alice"),
    )
    track = people.tracks(1)[1]
    people.sql("INSERT INTO playlist_tracks (id, playlist_id, media_file_id) VALUES (1, 'mine', ?)", track)
    yield people, track
    people.sql("DELETE FROM playlist_tracks WHERE playlist_id = 'mine'")
    people.sql("DELETE FROM playlist WHERE id = 'mine'")


@pytest.mark.parametrize(("name", "works"), [("alice", True), ("admin", True), (CAROL, False)])
def test_only_playlists_that_one_may_see_exclude(listed: tuple[PeopleMesh, str], name: str, works: bool) -> None:
    people, track = listed
    people.heard(name, people.tracks(1)[0], days=1)
    found = people.mix(name, "recent", limit=50, excludePlaylistIds=["mine"])
    assert (track not in found["trackIds"]) == works
    assert any("excludePlaylistIds" in warning for warning in found["warnings"]) != works


def test_a_public_playlist_excludes_for_everybody(listed: tuple[PeopleMesh, str]) -> None:
    people, track = listed
    people.sql("UPDATE playlist SET public = 1 WHERE id = 'mine'")
    people.heard(CAROL, people.tracks(1)[0], days=1)
    assert track not in people.mix(CAROL, "recent", limit=50, excludePlaylistIds=["mine"])["trackIds"]


def test_jobs_are_for_admins(people: PeopleMesh) -> None:
    for method, path in (("POST", "batch/start"), ("GET", "batch/progress"), ("POST", "batch/cancel")):
        refused = people.mesh.request(method, f"{ROOT}/{path}", headers=people.as_user("alice"))
        assert (refused.status, refused.code) == (403, "forbidden")
        assert people.mesh.request(method, f"{ROOT}/{path}").status == 401
    assert people.get("admin", f"{ROOT}/batch/progress").json["status"] == "no_job"
    assert people.post("admin", f"{ROOT}/batch/start", models=["nobody"]).field == "models.0"
