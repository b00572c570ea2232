"""`POST /api/recommendations/{mode}` from end to end."""

from __future__ import annotations

import pytest

from tests.harness.people_mesh import DAY, NOW, PeopleMesh

ROOT = "/api/recommendations"


def test_recent_starts_from_what_was_played_within_the_window(people: PeopleMesh) -> None:
    first, second, old, bad = people.tracks()[:4]
    for track, days in ((first, 1), (second, 3), (old, 70)):
        people.heard("alice", track, days=days)
    people.heard("alice", bad, days=2, rating=1)
    found = people.mix("alice", "recent", limit=30)
    # Seeds and dislikes never come back, what was played long ago may
    assert not {first, second, bad} & set(found["trackIds"])
    assert old in found["trackIds"]
    assert (found["mode"], found["name"]) == ("recent", "More of what I played")
    people.now = NOW + 100 * DAY
    aged = people.mix("alice", "recent")
    assert aged["tracks"] == []
    assert "recency window" in aged["warnings"][0]
    assert aged["warningCodes"][0] == "no_seeds"
    assert len(aged["warningCodes"]) == len(aged["warnings"])


def test_scrobbles_count_as_plays(people: PeopleMesh) -> None:
    track = people.tracks()[0]
    people.sql("INSERT INTO scrobbles VALUES (?, ?, ?)", track, people.user_id("alice"), int(NOW - DAY))
    assert len(people.mix("alice", "recent", limit=3)["trackIds"]) == 3
    assert people.mix("bob", "recent")["trackIds"] == []


def test_a_track_is_told_with_everything_that_a_page_shows(people: PeopleMesh) -> None:
    seed = people.tracks()[0]
    people.heard("alice", seed, days=1)
    found = people.mix("alice", "recent", limit=5, name="Mine", models=["spectral", "muq"], negativePrompts=["drums"])
    titles = {i: (t, a, al) for i, t, a, al in people.rows("SELECT id, title, artist, album_id FROM media_file")}
    assert found["name"] == "Mine"
    assert len(found["tracks"]) == 5
    for track in found["tracks"]:
        assert (track["title"], track["artist"], track["albumId"]) == titles[track["id"]]
        assert 0 <= track["score"] <= 1
        assert track["reason"].startswith("like ")
        assert set(track["models"]) <= {"spectral", "muq"}
        assert track["negativeSimilarity"] is None or 0 <= track["negativeSimilarity"] <= 1
        assert track["duration"] > 0
    assert any(track["negativeSimilarity"] is not None for track in found["tracks"])


def test_favorites_and_all(people: PeopleMesh) -> None:
    loved, three, played = people.tracks()[:3]
    people.heard("alice", loved, starred=True)
    people.heard("alice", three, rating=3)
    people.heard("alice", played, days=1)
    favorites = people.mix("alice", "favorites", limit=50)
    assert played in favorites["trackIds"]
    assert not {loved, three} & set(favorites["trackIds"])
    assert not {loved, three, played} & set(people.mix("alice", "all", limit=50)["trackIds"])


def test_a_starred_artist_is_a_favorite(people: PeopleMesh) -> None:
    artist = people.rows("SELECT artist_id FROM media_file ORDER BY path")[0][0]
    people.heard("alice", artist, starred=True, kind="artist")
    theirs = {i for (i,) in people.rows("SELECT id FROM media_file WHERE artist_id = ?", artist)}
    found = people.mix("alice", "favorites", limit=50)
    assert found["trackIds"]
    assert not theirs & set(found["trackIds"])


def test_discovery_has_only_what_was_never_played(people: PeopleMesh) -> None:
    tracks = people.tracks()
    for track in tracks[:12]:
        people.heard("alice", track, days=400)
    people.heard("alice", tracks[12], days=1)
    found = people.mix("alice", "discovery", limit=50)
    assert found["trackIds"]
    assert not set(tracks[:13]) & set(found["trackIds"])


def test_custom_takes_songs_and_albums(people: PeopleMesh) -> None:
    song = people.tracks()[0]
    album = people.rows("SELECT album_id FROM media_file WHERE id <> ? ORDER BY path DESC", song)[0][0]
    inside = {i for (i,) in people.rows("SELECT id FROM media_file WHERE album_id = ?", album)}
    found = people.mix("alice", "custom", songIds=[song, album, "nothing"], limit=50)
    assert found["trackIds"]
    assert not ({song} | inside) & set(found["trackIds"])
    assert any("1 of 3 songIds" in warning for warning in found["warnings"])
    assert "songs_unseen" in found["warningCodes"]


def test_text_is_read_by_the_model_that_can(people: PeopleMesh) -> None:
    for chosen in ({"model": "muq"}, {"models": ["muq"]}, {}):
        found = people.mix("alice", "text", text=" calm   piano ", limit=4, **chosen)
        assert len(found["tracks"]) == 4
        assert found["name"] == "calm piano"
        assert {(t["reason"], *t["models"]) for t in found["tracks"]} == {("matches text", "muq")}
    both = people.mix("alice", "text", text="calm piano", models=["spectral", "muq"], limit=4)
    assert len(both["tracks"]) == 4
    assert both["warnings"] == []


def test_text_is_read_by_its_words_if_the_model_cannot(people: PeopleMesh) -> None:
    found = people.mix("alice", "text", text="calm piano", model="spectral", limit=4)
    assert {track["reason"] for track in found["tracks"]} == {"matches calm, piano"}


def test_text_of_which_no_word_is_understood_gives_no_list_and_says_so(people: PeopleMesh) -> None:
    found = people.mix("alice", "text", text="qwrtzplk vbnmsdfg", model="spectral", limit=4)
    assert found["trackIds"] == []
    assert "words_unknown" in found["warningCodes"]


@pytest.mark.parametrize(
    ("mode", "body", "field"),
    [
        ("weekly", {}, "mode"),
        ("text", {}, "text"),
        ("text", {"text": "  "}, "text"),
        ("custom", {}, "songIds"),
        ("recent", {"limit": 501}, "limit"),
        ("recent", {"limit": 0}, "limit"),
        ("recent", {"diversity": 1.1}, "diversity"),
        ("recent", {"models": ["nobody"]}, "models.0"),
        ("recent", {"mergeStrategy": "both"}, "mergeStrategy"),
        ("recent", {"negativePromptPenalty": 0.1}, "negativePromptPenalty"),
        ("recent", {"minModelAgreement": 0}, "minModelAgreement"),
        ("recent", {"excludeTrackIds": [7]}, "excludeTrackIds.0"),
    ],
)
def test_bad_requests_name_the_field(people: PeopleMesh, mode: str, body: dict[str, object], field: str) -> None:
    answer = people.post("alice", f"{ROOT}/{mode}", **body)
    assert (answer.status, answer.field) == (400, field)


def test_a_mode_is_not_named_like_another_path(people: PeopleMesh) -> None:
    answer = people.post("alice", f"{ROOT}/playlists")
    assert (answer.status, answer.field) == (405, "method")


def test_lists_that_are_null_are_empty(people: PeopleMesh) -> None:
    people.heard("alice", people.tracks()[0], days=1)
    found = people.mix("alice", "recent", limit=2, songIds=None, excludeTrackIds=None, models=None, diversity=None)
    assert len(found["trackIds"]) == 2


def test_exclusions_and_negatives_never_appear(people: PeopleMesh) -> None:
    seed, no, never = people.tracks()[:3]
    people.heard("alice", seed, days=1)
    found = people.mix("alice", "recent", limit=50, excludeTrackIds=[no], negativeTrackIds=[never])
    assert not {seed, no, never} & set(found["trackIds"])
    assert len(found["trackIds"]) > 10


def test_low_ratings_sink_the_album_or_ban_it(people: PeopleMesh) -> None:
    # Given an album of at least three tracks, and a seed that is on another
    album = people.rows("SELECT album_id FROM media_file GROUP BY album_id HAVING count(*) > 2 ORDER BY 1")[0][0]
    inside = [i for (i,) in people.rows("SELECT id FROM media_file WHERE album_id = ? ORDER BY path", album)]
    seed = people.rows("SELECT id FROM media_file WHERE album_id <> ? ORDER BY path", album)[0][0]
    people.heard("alice", seed, days=1)
    scores = {t["id"]: t["score"] for t in people.mix("alice", "recent", limit=50)["tracks"]}
    # When its only known track is rated one star: nothing of it comes back
    people.heard("alice", inside[0], rating=1)
    assert not set(inside) & set(people.mix("alice", "recent", limit=50)["trackIds"])
    # When the person knows and likes others of it: they rank lower, and come back
    for track in inside[1:]:
        people.heard("alice", track, days=300)
    others = people.rows(
        "SELECT id FROM media_file WHERE artist_id = (SELECT artist_id FROM media_file WHERE id = ?) AND album_id <> ?",
        inside[0],
        album,
    )
    for (track,) in others:
        if track != seed:
            people.heard("alice", track, days=300)
    sunk = {t["id"]: t["score"] for t in people.mix("alice", "recent", limit=50)["tracks"]}
    there = [track for track in inside[1:] if track in sunk and scores.get(track, 0) > 0.01]
    assert inside[0] not in sunk
    assert all(sunk[track] < scores[track] for track in there)
