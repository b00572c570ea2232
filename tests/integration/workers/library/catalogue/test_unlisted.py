"""Tracks that are not music stay out of lists unless a seed is one: real broker, search and library."""

from __future__ import annotations

import json

import pytest

from contract.settings import load_settings
from tests.harness.library_mesh import LibraryMesh, LibraryWorker
from tests.harness.music import Music
from tests.harness.waiting import eventually
from tests.integration.workers.library.catalogue.test_vanished import path, similar
from tests.integration.workers.library.conftest import MakeLibrary
from workers.library.settings import LibrarySettings

SONGS, BOOK = [f"t{n}" for n in range(4)], [f"b{n}" for n in range(3)]


@pytest.fixture
def shelf(music: Music) -> Music:
    """Four songs, three chapters of a book, a podcast by its column alone, and a piece of an hour."""
    for n, track_id in enumerate(SONGS):
        music.add(track_id, f"songs/{n}.wav", seed=n, artist_id=f"artist-{n}", artist=f"Artist {n}", genre="Rock")
    for n, track_id in enumerate(BOOK):
        genres = ["AUDIOBOOK", "Crime"] if n else ["Crime; Spoken Word"]
        tags = json.dumps({"genre": [{"id": name, "value": name} for name in genres]})
        music.add(
            track_id, f"book/{n}.wav", seed=10 + n, artist_id="reader", artist="Reader", genre=genres[0], tags=tags
        )
    music.add("p0", "talk/0.wav", seed=20, artist_id="host", artist="Host", genre="Podcast", library=2)
    music.add("l0", "long/0.wav", seed=30, artist_id="drone", artist="Drone", duration=3600.0)
    music.scan()
    return music


def recommended(mesh: LibraryMesh, *seeds: str, **asked: object) -> set[str]:
    params = {"seeds": [{"track_id": seed} for seed in seeds], "limit": 20, "models": ["spectral"], **asked}
    return {track["track_id"] for track in mesh.client.call("search", "recommend", params).result["tracks"]}


def unlisted(library: LibraryWorker) -> dict[str, list[str]]:
    return {f"{kind['by']} {kind['value']}": kind["track_ids"] for kind in library.call("tracks.unlisted")["kinds"]}


def test_genres_that_are_no_music_stay_out_of_every_list(
    mesh: LibraryMesh, shelf: Music, make_library: MakeLibrary
) -> None:
    # Given
    library = make_library()
    library.embed()
    assert unlisted(library) == {
        "genre Audiobook": ["b1", "b2"],
        "genre Podcast": ["p0"],
        "genre Spoken Word": ["b0"],
    }
    # Then neither a list of music nor a path has any of it
    eventually(lambda: recommended(mesh, "t0") == {"t1", "t2", "t3", "l0"}, "talk is left out")
    assert path(mesh) == {"t0", "t1", "t2", "t3", "l0"}
    # And whoever starts from a book gets books of its genre
    assert recommended(mesh, "b1") == {"b2", "t0", "t1", "t2", "t3", "l0"}
    assert recommended(mesh, "t0", "p0") == {"t1", "t2", "t3", "l0"}
    # And a plain similarity search, as for uploads, covers everything
    assert {"b1", "p0"} <= similar(mesh)


def test_a_changed_genre_counts_after_the_next_scan(mesh: LibraryMesh, shelf: Music, make_library: MakeLibrary) -> None:
    library = make_library()
    library.embed()
    eventually(lambda: "t3" in recommended(mesh, "t0"), "a song is in the list")
    shelf.update("t3", genre="Podcast", updated_at=shelf.now())
    shelf.scan()
    eventually(lambda: "t3" not in recommended(mesh, "t0"), "it is none any more")
    assert unlisted(library)["genre Podcast"] == ["p0", "t3"]


def test_libraries_and_lengths_can_be_left_out_and_genres_let_in(
    mesh: LibraryMesh, shelf: Music, make_library: MakeLibrary
) -> None:
    # Given
    library = make_library(
        SONICMESH_LISTS_EXCLUDE_GENRES="none",
        SONICMESH_LISTS_EXCLUDE_LIBRARIES="archive, 7",
        SONICMESH_LISTS_EXCLUDE_LONGER_S="1200",
        SONICMESH_LISTS_EXCLUDE_SHORTER_S="0.1",
    )
    library.embed()
    assert unlisted(library) == {"library Archive": ["p0"], "longer 1200 s": ["l0"]}
    # Then
    eventually(lambda: recommended(mesh, "t0") == {"t1", "t2", "t3", *BOOK}, "they are left out")
    assert "l0" not in recommended(mesh, "p0")
    assert "p0" not in recommended(mesh, "l0")


def test_settings_as_people_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONICMESH_LISTS_EXCLUDE_GENRES", "Hörbuch, Audio Drama,")
    monkeypatch.setenv("SONICMESH_LISTS_EXCLUDE_LIBRARIES", "Books,3")
    settings = load_settings(LibrarySettings)
    assert settings.exclude_genres == ("Hörbuch", "Audio Drama")
    assert settings.exclude_libraries == ("Books", "3")
    monkeypatch.delenv("SONICMESH_LISTS_EXCLUDE_GENRES")
    assert "Audiobook" in load_settings(LibrarySettings).exclude_genres
