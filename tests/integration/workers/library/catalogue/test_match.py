"""`tracks.match`: what Navidrome means by an artist, including one who is only credited on tracks of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.harness.library_mesh import LibraryWorker
from tests.harness.music import Music
from tests.integration.workers.library.conftest import MakeLibrary

#: Artists of tracks of the same album; `label` has none of its own.
ARTISTS = ("kessel", "nordlys", "vik")


@pytest.fixture
def library(music: Music, make_library: MakeLibrary) -> LibraryWorker:
    """A compilation of `label`: its first track has a guest, its last a composer, one of them vanished."""
    for key, name in (("label", "Café Label"), ("guest", "The Guest"), ("writer", "J. Nobody"), ("kessel", "Kessel")):
        music.sql("INSERT INTO artist (id, name) VALUES (?, ?)", key, name)
    for place, artist in enumerate(ARTISTS):
        of_album: dict[str, Any] = {"album_id": "sampler", "album_artist": "Café Label", "album_artist_id": "label"}
        music.add(f"s{place}", f"sampler/{place}.flac", artist=artist, artist_id=artist, **of_album)
    music.add("gone", "sampler/gone.flac", album_artist_id="label", missing=1)
    for track, artist, role in (
        ("s0", "label", "albumartist"),
        ("s0", "guest", "artist"),
        ("s1", "guest", "composer"),
        ("s2", "writer", "composer"),
        ("s2", "kessel", "artist"),
    ):
        music.sql(
            "INSERT INTO media_file_artists (media_file_id, artist_id, role) VALUES (?, ?, ?)", track, artist, role
        )
    music.scan()
    library = make_library()
    library.ready()
    return library


def matched(library: LibraryWorker, **known: str) -> Sequence[str]:
    return [track["id"] for track in library.call("tracks.match", kind="artist", **known)["tracks"]]


def test_artists_without_tracks_of_their_own(library: LibraryWorker) -> None:
    # By the albums they stand on, whether by the album or by the credits of tracks
    assert matched(library, id="label") == ["s0", "s1", "s2"]
    # A guest by what they play on, not by what they wrote; who only wrote by that
    assert matched(library, id="guest") == ["s0"]
    assert matched(library, id="writer") == ["s2"]
    # An artist with tracks of their own is matched by those alone
    assert matched(library, id="kessel") == ["s0"]


def test_a_stale_id_falls_back_to_the_name(library: LibraryWorker) -> None:
    assert matched(library, id="stale", name="café label") == ["s0", "s1", "s2"]
    assert matched(library, id="", name="The guest") == ["s0"]
    assert matched(library, id="stale", name="Never Heard") == []
    assert matched(library, id="", name="") == []
