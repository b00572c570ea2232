"""Recorded requests of the fork's pages, sent again: each is answered by whichever model is available."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.endtoend.navidrome.binaries import skip_or_fail
from tests.endtoend.navidrome.fork import Fork
from tests.endtoend.navidrome.judging import check_list, check_warnings, default_model, heard
from tests.endtoend.navidrome.town import job_ended
from tests.harness.http import request
from tests.harness.places import SHARED

TRAFFIC = SHARED / "data/fork-live/traffic.jsonl"
#: Fields of ids, by what they are ids of.
TRACKS = ("exclude_track_ids", "disliked_track_ids")
#: No job runs that could be cancelled.
NOT_ASKED = ("/batch/cancel",)


def lines() -> list[dict[str, Any]]:
    """The recorded requests that are sent again."""
    if not TRAFFIC.exists():
        return []
    recorded = [json.loads(line) for line in TRAFFIC.read_text().splitlines()]
    return [line for line in recorded if line["path"] not in NOT_ASKED]


class Translation:
    """Ids of a library that is not here, each to one of its own of the library that is."""

    def __init__(self, fork: Fork, model: str) -> None:
        songs = heard(fork.mesh, model, fork.town.admin.songs())
        self._tracks: Iterator[str] = iter(songs)
        artists = {song["artistId"]: song for song in songs.values()}
        # Those with few tracks: what is left must be worth a list.
        few = sorted(artists, key=lambda key: sum(song["artistId"] == key for song in songs.values()))
        self._artists = iter(few)
        self._playlist = fork.alice.rest("createPlaylist", name="Nothing")["playlist"]["id"]
        self._known: dict[str, str] = {}

    def body(self, body: Any) -> Any:
        """A request of the recorded library as one of this."""
        if not isinstance(body, dict):
            return body
        changed = dict(body)
        if "seeds" in body:
            changed["seeds"] = [{**seed, "track_id": self._track(seed["track_id"])} for seed in body["seeds"]]
        for field in TRACKS:
            if field in body:
                changed[field] = [self._track(each) for each in body[field]]
        if "disliked_artist_ids" in body:
            changed["disliked_artist_ids"] = [self._artist(each) for each in body["disliked_artist_ids"]]
        if "exclude_playlist_ids" in body:
            changed["exclude_playlist_ids"] = [self._playlist]
        return changed

    def _track(self, track_id: str) -> str:
        if track_id not in self._known:
            self._known[track_id] = next(self._tracks)
        return self._known[track_id]

    def _artist(self, artist_id: str) -> str:
        if artist_id not in self._known:
            self._known[artist_id] = next(self._artists)
        return self._known[artist_id]


@pytest.fixture(scope="module")
def translation(fork: Fork) -> Translation:
    if not TRAFFIC.exists():
        skip_or_fail("the recorded traffic is not here")
    return Translation(fork, default_model(fork.mesh))


@pytest.mark.parametrize("number", range(len(lines())))
def test_every_recorded_line_is_answered(fork: Fork, translation: Translation, number: int) -> None:
    # Given a line, of models that are not there
    line = lines()[number]
    model = default_model(fork.mesh)
    asked = translation.body(line["body"])
    # When
    body = json.dumps(asked).encode() if asked is not None else b""
    status, answered = request(fork.mesh.port, line["method"], line["path"], body)
    # Then
    assert status == 200, answered
    if line["path"].startswith("/playlist/"):
        assert answered["tracks"]
        check_list(asked, answered, heard(fork.mesh, model, fork.town.admin.songs()), model)
        check_warnings(answered["warnings"], asked["models"], model)
    elif line["path"] == "/batch/start":
        assert answered["status"] == "started"
        assert job_ended(fork.mesh)["job_id"] == answered["job_id"]


def test_there_is_something_to_send() -> None:
    assert not TRAFFIC.exists() or len(lines()) >= 11
