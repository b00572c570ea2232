"""`tracks.tags`: the textual tags in Navidrome's database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from contract.errors import InvalidRequest
from contract.track import TaggedTrack
from tests.harness.music import Music
from tests.integration.workers.library.conftest import MakeLibrary
from workers.library.navidrome.tags import read_tags

TAGS = '{"genre":[{"id":"a","value":"Jazz"},{"id":"b","value":"Bop"}],"mood":[{"id":"c","value":"warm"}]}'


def rows(music: Music, after: str = "", limit: int = 10) -> list[TaggedTrack]:
    with closing(sqlite3.connect(music.database)) as connection:
        return read_tags(connection, after, limit)


def test_a_page_of_the_service_leads_to_the_next(make_library: MakeLibrary, music: Music) -> None:
    # Given three tracks, one of them vanished
    for number in range(4):
        music.add(f"t{number}", f"{number}.wav", title=f"Song {number}", tags=TAGS, year=1962, comment="live take")
    music.update("t1", missing=1)
    library = make_library()
    library.ready()

    # When they are read two at a time
    first = library.call("tracks.tags", limit=2)
    second = library.call("tracks.tags", limit=2, after=first["next"])

    # Then every track that is there came once, with all its words
    assert [track["id"] for track in first["tracks"] + second["tracks"]] == ["t0", "t2", "t3"]
    assert second["next"] is None
    assert first["tracks"][0] == {
        "id": "t0",
        "album_id": "album-1",
        "title": "Song 0",
        "artist": "Nordlys Trio",
        "genres": ["Jazz", "Bop"],
        "moods": ["warm"],
        "year": 1962,
        "comment": "live take",
    }
    with pytest.raises(InvalidRequest, match="limit"):
        library.call("tracks.tags", limit=0)


@pytest.mark.parametrize(
    ("tags", "genre", "genres"),
    [
        ("{}", "Rock", ["Rock"]),
        ("no json", "Rock", ["Rock"]),
        ('["genre"]', "", []),
        ('{"genre": {"value": "x"}}', "", []),
        ('{"genre": [{"id": "a"}, "x", {"value": "Folk"}]}', "Rock", ["Folk"]),
    ],
)
def test_odd_tags_are_read_as_far_as_they_go(music: Music, tags: str, genre: str, genres: list[str]) -> None:
    music.add("t", "t.wav", tags=tags, genre=genre)

    assert rows(music)[0].genres == genres


def test_a_release_without_these_columns_still_has_titles(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection:
        connection.execute("CREATE TABLE media_file (id TEXT, title TEXT)")
        connection.execute("INSERT INTO media_file VALUES ('t', 'Song')")

        assert read_tags(connection, "", 5) == [
            TaggedTrack(id="t", album_id="", title="Song", genres=[], moods=[], year=0, comment="")
        ]
