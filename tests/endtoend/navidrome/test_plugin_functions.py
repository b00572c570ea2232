"""The plugin in an unmodified Navidrome: every function, for people with different libraries."""

from __future__ import annotations

import pytest

from tests.endtoend.navidrome.asking import COUNT, artists_like, path, radio, songs_like, sonic
from tests.endtoend.navidrome.plugged import PEOPLE, Plugged


@pytest.mark.parametrize("name", PEOPLE)
def test_all_six_functions(plugged: Plugged, name: str) -> None:
    # Given somebody, and a track of an artist who is in both libraries
    person = plugged.people[name]
    seen = {song["id"]: song for song in person.songs()}
    assert {song["libraryId"] for song in seen.values()} == PEOPLE[name]
    song = seen[plugged.town.song("Strom/04 - Fourth Gate.opus")]
    other = plugged.town.song("Þögn/01 - First Room.ogg")
    before = plugged.answered()
    # When
    mixes = [songs_like(person, song["id"]), songs_like(person, song["albumId"]), radio(person, song["artistId"])]
    artists = artists_like(person, song["artistId"])
    alike = sonic(person, song["id"])
    way = path(person, song["id"], other)
    # Then the mesh answered each of them, with what the person may see, nothing twice
    assert plugged.answered()["200"] - before["200"] >= 5  # similar artists are kept by Navidrome for a while
    for found in (*mixes, [i for i, _ in alike], [i for i, _ in way]):
        # Who sees one library of two gets fewer of an artist who is in both: Navidrome drops the others
        assert len(found) == COUNT if len(PEOPLE[name]) > 1 else found
        assert len(set(found)) == len(found)
        assert set(found) <= seen.keys()
    assert song["id"] not in {*mixes[0], *(i for i, _ in alike)}
    assert not {seen[i]["albumId"] for i in mixes[1]} & {song["albumId"]}
    assert artists
    assert song["artistId"] not in artists
    assert set(artists) <= {each["artistId"] for each in plugged.people["admin"].songs()}
    assert (way[0][0], way[-1][0]) == (song["id"], other)
    for scores in ([score for _, score in alike], [way[0][1], way[-1][1]]):
        assert all(0 <= score <= 1 for score in scores)
        assert scores == sorted(scores, reverse=True)


def test_an_instant_mix_is_the_meshs_own(plugged: Plugged) -> None:
    song = plugged.town.song("Strom/04 - Fourth Gate.opus")
    matches = plugged.ask("nd_get_sonic_similar_tracks", {"song": {"id": song}, "count": COUNT})["matches"]
    assert [i for i, _ in sonic(plugged.people["alice"], song)] == [match["song"]["id"] for match in matches]


def test_what_nobody_knows_is_an_empty_answer(plugged: Plugged) -> None:
    # Given a text file that is called a track
    song = plugged.town.song("unsorted/not audio.mp3")
    assert sonic(plugged.people["alice"], song) == []
