"""The plugin on the demo library: real audio, really embedded, over whole nights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

import demo
from tests.endtoend.plugin.server import Server
from tests.endtoend.plugin.town import Town, ids_of, running_town

if TYPE_CHECKING:
    from tests.harness.plugin_runtime import Navidrome, Runtime

#: Least share of similar tracks that have the same style; by chance it would be an eighth.
ALIKE = 0.6
#: Tracks that an answer is asked for.
COUNT = 5


@pytest.fixture(scope="module")
def town(demo_library: demo.DemoLibrary, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Beside alice (both libraries) and bob (the archive, four plays) there is dora, of library 1 only."""
    server = Server(tmp_path_factory.mktemp("server"), demo_library.database)
    server.move_in("dora", 1)
    by_style = paths(demo_library)
    server.listen("dora", [*by_style["techno"], *by_style["choir"]], days=2)
    server.listen("dora", [*by_style["metal"], *by_style["strings"][:1]], days=300, starred=True)
    with running_town(server, tmp_path_factory.mktemp("sm h")) as town:
        yield town


def paths(library: demo.DemoLibrary) -> dict[str, list[str]]:
    """Paths within library 1 by style."""
    found: dict[str, list[str]] = {}
    for track in library.tracks:
        if track.kind == "normal" and track.library_id == 1:
            path = track.path.relative_to(library.music_root)
            found.setdefault(track.style, []).append(path.as_posix())
    return found


@pytest.fixture
def navidrome(town: Town) -> Navidrome:
    return town.navidrome("admin", "alice", "bob", "dora")


def test_every_function_answers_for_every_style(
    town: Town, navidrome: Navidrome, runtime: Runtime, demo_library: demo.DemoLibrary
) -> None:
    styles = {track.id: track.style for track in demo_library.tracks}
    firsts = {track.style: track.id for track in reversed(demo_library.tracks) if track.kind == "normal"}
    artists = set(town.server.rows("SELECT id, name FROM artist"))
    there = set(town.server.tracks()) | {artist_id for artist_id, _ in artists}
    alike: list[bool] = []
    for style, track_id in firsts.items():
        other = next(i for s, i in firsts.items() if s != style)
        for function, given in town.server.questions(track_id, other, COUNT):
            # When
            answer = runtime.ask(navidrome, function, given)
            # Then it is the gateway's own list, of existing tracks, nothing twice
            assert answer == town.ask(function, given)
            ids = ids_of(answer)
            assert 1 <= len(set(ids)) == len(ids) <= COUNT, (function, style)
            assert set(ids) <= there
            if function == "nd_get_sonic_similar_tracks":
                scores = [match["similarity"] for match in answer["matches"]]
                assert track_id not in ids
                assert scores == sorted(scores, reverse=True)
                assert 0 <= scores[-1] <= scores[0] <= 1
                alike += [styles[i] == style for i in ids]
            elif function == "nd_get_similar_artists":
                assert {(artist["id"], artist["name"]) for artist in answer["artists"]} <= artists
            elif function == "nd_find_sonic_path":
                assert (ids[0], ids[-1]) == (track_id, other)
    assert sum(alike) / len(alike) >= ALIKE


def test_a_copy_in_the_other_library_is_not_a_second_answer(town: Town, demo_library: demo.DemoLibrary) -> None:
    # Given a track of the archive, which holds a copy of one of library 1
    copy = next(track for track in demo_library.tracks if track.kind == "copy")
    same = {track.id for track in demo_library.tracks if (track.title, track.artist) == (copy.title, copy.artist)}
    seed = next(track for track in demo_library.tracks if track.library_id == 2 and track.kind == "normal")
    # When as much is asked for as both libraries have
    answer = town.ask("nd_get_sonic_similar_tracks", {"song": town.server.song(seed.id), "count": 500})
    # Then the archive's tracks come first, and of the two that of the archive
    assert len(same) == 2
    assert set(ids_of(answer)) & same == {copy.id}
    libraries = {track.id: track.library_id for track in demo_library.tracks}
    found = [libraries[i] for i in ids_of(answer)]
    assert found == sorted(found, reverse=True)
    assert set(found) == {1, 2}


def test_a_start_and_a_night_bring_everybody_their_own(
    town: Town, navidrome: Navidrome, runtime: Runtime, demo_library: demo.DemoLibrary
) -> None:
    # When Navidrome starts, and the time of the day comes
    runtime.start(navidrome)
    assert runtime.wait(navidrome) == []
    assert runtime.night(navidrome) == []
    # Then whoever played enough has different mixes of what they may see, and nobody else has any
    assert not navidrome.of("bob")
    assert not navidrome.of("admin")
    assert not navidrome.dropped
    for name in ("alice", "dora"):
        mixes = navidrome.of(name)
        assert {"Daily Mix 1", "Daily Mix 2", "Discovery"} <= mixes.keys()
        for playlist in mixes.values():
            assert 5 <= len(set(playlist.songs)) == len(playlist.songs) <= 40
            assert set(playlist.songs) <= town.server.sees()[name]
        daily = [song for title, mix in mixes.items() if title.startswith("Daily") for song in mix.songs]
        assert len(set(daily)) == len(daily)
        assert not set(mixes["Discovery"].songs) & town.server.heard(name)
    styles = {track.id: track.style for track in demo_library.tracks}
    # A daily mix is of the kind that it says; what is loved and old is all there is to rediscover
    interests = {
        Counter(styles[i] for i in navidrome.of("dora")[f"Daily Mix {n}"].songs).most_common(1)[0] for n in (1, 2)
    }
    assert {style for style, _ in interests} == {"techno", "choir"}
    rediscovered = navidrome.of("dora")["Rediscover"].songs
    assert {styles[i] for i in rediscovered} == {"metal", "strings"}
    # And of a song and its remaster one
    titles = {track.id: track.title for track in demo_library.tracks}
    assert sum(titles[i].startswith("Malm") for i in rediscovered) == 1


def test_nights_around_the_upgrade_that_rewrites_ids(town: Town, runtime: Runtime) -> None:
    # Given mixes; alice deletes one and renames another
    navidrome = town.navidrome("alice", "dora")
    runtime.start(navidrome)
    assert runtime.night(navidrome) == []
    alices = navidrome.of("alice")
    del navidrome.playlists[alices["Discovery"].id]
    alices["Daily Mix 1"].name = "Mine"
    # When the server changes the ids of tracks, users and playlists, but not what the plugin keeps
    before = set(navidrome.playlists)
    town.server.rewrite_ids()
    navidrome.rewrite_ids()
    assert set(navidrome.playlists) != before
    names = {playlist.id: (playlist.owner, playlist.name) for playlist in navidrome.playlists.values()}
    for playlist in navidrome.playlists.values():
        playlist.songs = []
    town.follows("alice")
    # Then the next nights write into the same playlists, by the new ids, and bring back nothing
    for _ in range(2):
        runtime.start(navidrome)
        assert runtime.night(navidrome) == []
        assert {p.id: (p.owner, p.name) for p in navidrome.playlists.values()} == names
    assert all(playlist.songs for playlist in navidrome.playlists.values())
    assert not navidrome.dropped
