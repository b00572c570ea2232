"""`GET /api/similar/*` and `GET /api/path`."""

from __future__ import annotations

import pytest

from tests.harness.people_mesh import PeopleMesh


def of_artist(people: PeopleMesh, artist: str) -> set[str]:
    return {i for (i,) in people.rows("SELECT id FROM media_file WHERE artist_id = ?", artist)}


def test_tracks_like_a_track(people: PeopleMesh) -> None:
    track, bad = people.tracks()[:2]
    people.heard("alice", bad, rating=2)
    found = people.get("alice", f"/api/similar/track/{track}?count=40").json
    assert found["trackIds"] == [each["id"] for each in found["tracks"]]
    assert not {track, bad} & set(found["trackIds"])
    assert len(found["trackIds"]) > 15
    scores = [each["score"] for each in found["tracks"]]
    assert all(0 <= score <= 1 for score in scores)
    assert found["tracks"][0]["reason"].startswith("like ")


def test_tracks_like_an_album_are_not_of_it(people: PeopleMesh) -> None:
    album = people.rows("SELECT album_id FROM media_file ORDER BY path")[0][0]
    inside = {i for (i,) in people.rows("SELECT id FROM media_file WHERE album_id = ?", album)}
    found = people.get("alice", f"/api/similar/album/{album}?count=9").json
    assert len(found["trackIds"]) == 9
    assert not inside & set(found["trackIds"])


@pytest.mark.parametrize("count", [2, 3, 9, 10])
def test_at_most_a_third_of_a_radio_is_the_artists_own(people: PeopleMesh, count: int) -> None:
    artist = people.rows("SELECT artist_id FROM media_file ORDER BY path")[0][0]
    own = of_artist(people, artist)
    known, bad = sorted(own)[0], sorted(own)[-1]
    people.heard("alice", known, days=5)
    people.heard("alice", bad, rating=1)
    found = people.get("alice", f"/api/similar/artist/{artist}?count={count}").json["trackIds"]
    assert len(found) == len(set(found)) == count
    assert 3 * len(own & set(found)) <= count
    assert bad not in found
    if count >= 3:
        assert found[0] == known, "it begins with what the person knows"


def test_artists_like_an_artist(people: PeopleMesh) -> None:
    artist = people.rows("SELECT artist_id FROM media_file ORDER BY path")[0][0]
    found = people.get("alice", f"/api/similar/artists/{artist}?count=3").json
    names = dict(people.rows("SELECT id, name FROM artist"))
    assert 1 <= len(found["artists"]) <= 3
    assert artist not in {each["id"] for each in found["artists"]}
    assert all(each["name"] == names[each["id"]] for each in found["artists"])
    scores = [each["score"] for each in found["artists"]]
    assert scores == sorted(scores, reverse=True)


def test_bob_sees_only_his_library(people: PeopleMesh) -> None:
    mine, hidden = people.tracks(2), people.tracks(1)
    found = people.get("bob", f"/api/similar/track/{mine[0]}?count=50").json["trackIds"]
    assert found
    assert set(found) <= set(mine)
    path = people.get("bob", f"/api/path?from={mine[0]}&to={mine[-1]}&count=5").json["trackIds"]
    assert set(path) <= set(mine)
    for kind, key in (("track", hidden[0]), ("album", "nowhere"), ("artist", "nobody"), ("artists", "nobody")):
        answer = people.get("bob", f"/api/similar/{kind}/{key}")
        assert (answer.status, answer.code) == (404, "not_found")
    assert people.get("bob", f"/api/path?from={mine[0]}&to={hidden[0]}").status == 404


def test_a_path_goes_from_one_to_the_other(people: PeopleMesh) -> None:
    tracks = people.tracks()
    bad = tracks[5]
    people.heard("alice", bad, rating=1)
    found = people.get("alice", f"/api/path?from={tracks[0]}&to={tracks[9]}&count=8").json
    assert len(found["trackIds"]) == len(set(found["trackIds"])) == 8
    assert (found["trackIds"][0], found["trackIds"][-1]) == (tracks[0], tracks[9])
    assert found["tracks"][0]["similarity"] == 1
    assert all(0 <= track["similarity"] <= 1 for track in found["tracks"])
    assert bad not in found["trackIds"]


@pytest.mark.parametrize(
    ("query", "field"),
    [("to=a", "from"), ("from=a", "to"), ("from=a&to=b&count=1", "count"), ("from=a&to=b&count=999", "count")],
)
def test_bad_paths_name_the_field(people: PeopleMesh, query: str, field: str) -> None:
    assert people.get("alice", f"/api/path?{query}").field == field


def test_a_path_to_itself_is_400(people: PeopleMesh) -> None:
    track = people.tracks()[0]
    assert people.get("alice", f"/api/path?from={track}&to={track}").field == "to"
    assert people.get("alice", "/api/similar/track/x?count=0").field == "count"


def test_nobody_sees_anything(people: PeopleMesh) -> None:
    for path in ("similar/track/x", "similar/album/x", "similar/artist/x", "similar/artists/x", "path?from=a&to=b"):
        assert people.mesh.get(f"/api/{path}").status == 401
