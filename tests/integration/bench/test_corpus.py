"""Labels from a csv and from a Navidrome database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bench.corpus import parse_path_map, read_corpus, read_navidrome
from demo.schema import create_database


def test_a_csv_names_tracks_below_the_music_folder(tmp_path: Path) -> None:
    table = tmp_path / "corpus.csv"
    table.write_text(
        "id,path,album,composer,piece,genre,duration_s\na,x/1.ogg,X,Ann,one,Metal,12.5\nb,x/2.ogg,X,,,Metal,\n"
    )
    first, second = read_corpus(table, tmp_path)
    assert (first.path, first.composer, first.duration) == (tmp_path / "x/1.ogg", "Ann", 12.5)
    assert (second.composer, second.piece, second.duration) == ("", "b", None)


def test_a_database_is_read_through_the_path_map(tmp_path: Path) -> None:
    # Given
    database = tmp_path / "navidrome.db"
    create_database(database)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("INSERT INTO library (id, name, path) VALUES (7, 'Music', '/music')")
        for track, artist, missing in (("a", "Ann", 0), ("b", "[Unknown Artist]", 0), ("c", "Ann", 1)):
            connection.execute(
                "INSERT INTO media_file (id, path, title, artist, album, album_id, library_id, genre, missing)"
                " VALUES (?, ?, 'T', ?, 'X', 'x', 7, 'Jazz', ?)",
                (track, f"{track}.mp3", artist, missing),
            )
    # When
    tracks = read_navidrome(database, {"/music": "/mnt/a", "/mus": "/wrong"})
    # Then
    assert [track.id for track in tracks] == ["a", "b"]
    assert tracks[0].path == Path("/mnt/a/a.mp3")
    assert (tracks[0].composer, tracks[0].album, tracks[0].style) == ("Ann", "x", "Jazz")
    assert tracks[1].composer == ""


def test_a_path_map_is_pairs() -> None:
    assert parse_path_map("/music=/mnt/a/,/archive=/b") == {"/music": "/mnt/a", "/archive": "/b"}
    with pytest.raises(ValueError, match="prefix=folder"):
        parse_path_map("/music")
