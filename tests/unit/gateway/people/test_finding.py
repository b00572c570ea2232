"""Requests on behalf of a person, and their warnings, without a mesh."""

from __future__ import annotations

import asyncio

import pytest

from contract.library import Library
from contract.people import (
    Around,
    AroundRequest,
    PreferenceChanges,
    Preferences,
    PreferencesRequest,
    VisibleRequest,
    VisibleTracks,
)
from contract.search import (
    FoundPath,
    PathRequest,
    PathStep,
    Recommended,
    RecommendedTrack,
    RecommendRequest,
    Search,
    Seed,
    TrackIds,
)
from contract.track import VisibleTrack
from contract.warnings import Warned, WarningCode
from gateway.http.camel import camel
from gateway.people.around import path, similar, similar_artists
from tests.unit.gateway.people.doubles import MeshDouble

SHORT = Warned(code=WarningCode.SHORT_LIST, message="3 of 25: there is nothing else", detail={"tracks": 3})
#: Its text once identified a short list; only codes count.
UNHEARD = Warned(code=WarningCode.NO_VECTOR, message="1 of 4 tracks: no vector")
AROUND = Around(
    own_track_ids=["own1", "own2"],
    played_track_ids=["own2"],
    seeds=[Seed(track_id="own1"), Seed(track_id="own2")],
    disliked_track_ids=["bad"],
    library_ids=[1],
)


def track(track_id: str) -> VisibleTrack:
    artist = "[Unknown Artist]" if track_id == "unknown" else "Nordlys Trio"
    return VisibleTrack(
        id=track_id,
        title=f"Song {track_id}",
        artist=artist,
        artist_id=f"id of {artist}",
        album="Winter Rooms",
        album_id="album-1",
        duration=180.0,
        library_id=1,
    )


def scored(track_id: str, score: float) -> RecommendedTrack:
    return RecommendedTrack(track_id=track_id, score=score, reason="like it", models=["muq"])


def visible(request: VisibleRequest) -> VisibleTracks:
    """All except hidden ones."""
    return VisibleTracks(tracks=[track(i) for i in request.track_ids if i != "hidden"], library_ids=[1])


def found(*track_ids: str) -> Recommended:
    return Recommended(tracks=[scored(i, 0.5) for i in track_ids], warnings=[SHORT, UNHEARD, SHORT])


def test_a_list_says_everything_once_with_its_codes() -> None:
    mesh = MeshDouble((Library.around, AROUND), (Search.recommend, found("a", "hidden")), (Library.visible, visible))
    answer = camel(asyncio.run(similar(mesh.finder, "track", "own1", 25)))
    assert answer == {
        "trackIds": ["a"],
        "tracks": [
            {
                "id": "a",
                "title": "Song a",
                "artist": "Nordlys Trio",
                "artistId": "id of Nordlys Trio",
                "album": "Winter Rooms",
                "albumId": "album-1",
                "duration": 180.0,
                "libraryId": 1,
                "score": 0.5,
                "reason": "like it",
                "models": ["muq"],
                "negativeSimilarity": None,
            }
        ],
        "warnings": [SHORT.message, UNHEARD.message],
        "warningCodes": ["short_list", "no_vector"],
    }
    assert mesh.asked["people.around"] == AroundRequest(user_name="alice", user_id="id-alice", kind="track", id="own1")
    assert mesh.asked["recommend"] == RecommendRequest(
        limit=25,
        seeds=AROUND.seeds,
        library_ids=[1],
        disliked_track_ids=["bad"],
        exclude_track_ids=["own1", "own2"],
    )


@pytest.mark.parametrize(("count", "codes"), [(3, ["no_vector"]), (4, ["short_list", "no_vector"])])
def test_a_radio_that_its_artist_fills_is_not_short(count: int, codes: list[str]) -> None:
    mesh = MeshDouble(
        (Library.around, AROUND),
        (Search.recommend, found("a", "b")),
        (Search.distinct, TrackIds(track_ids=["own2"])),
        (Library.visible, visible),
    )
    answer = asyncio.run(similar(mesh.finder, "artist", "artist-1", count))
    assert [(each.id, each.reason) for each in answer.tracks] == [
        ("own2", "by Nordlys Trio"),
        ("a", "like it"),
        ("b", "like it"),
    ]
    assert answer.warning_codes == codes


def test_artists_are_never_short() -> None:
    mesh = MeshDouble(
        (Library.around, AROUND),
        (Search.recommend, found("a", "unknown")),
        (Library.visible, visible),
    )
    answer = asyncio.run(similar_artists(mesh.finder, "artist-1", 5))
    assert [each.name for each in answer.artists] == ["Nordlys Trio"]
    assert answer.warnings == [UNHEARD.message]


def test_who_sees_no_library_is_not_searched_for() -> None:
    nothing = Around(own_track_ids=["x"], played_track_ids=[], seeds=[], disliked_track_ids=[], library_ids=[])
    mesh = MeshDouble((Library.around, nothing))
    assert asyncio.run(similar(mesh.finder, "album", "album-1", 5)).tracks == []
    assert set(mesh.asked) == {"people.around"}


def test_a_path_leaves_out_what_the_person_dislikes() -> None:
    mesh = MeshDouble(
        (Library.visible, visible),
        (Library.around, AROUND),
        (
            Search.path,
            FoundPath(
                tracks=[PathStep(track_id="a", similarity=1.0), PathStep(track_id="b", similarity=0.25)],
                warnings=[SHORT],
            ),
        ),
    )
    answer = asyncio.run(path(mesh.finder, "a", "b", 9))
    assert [(step.id, step.similarity) for step in answer.tracks] == [("a", 1.0), ("b", 0.25)]
    assert answer.warning_codes == [WarningCode.SHORT_LIST]
    assert mesh.asked["path"] == PathRequest(
        from_id="a", to_id="b", count=9, library_ids=[1], exclude_track_ids=["bad"]
    )


def test_settings_are_those_of_the_person() -> None:
    mesh = MeshDouble((Library.change_preferences, Preferences(mix_size=20)))
    changes = PreferenceChanges(mix_size=20)
    assert asyncio.run(mesh.finder.change_preferences(changes)).mix_size == 20
    assert mesh.asked["people.settings.change"] == PreferencesRequest(
        user_name="alice", user_id="id-alice", changes=changes
    )
