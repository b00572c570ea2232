"""The tables are Navidrome's: the same names and the same column affinities as in real databases."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from demo.schema import create_database
from tests.harness.places import SHARED

REAL = [SHARED / "data/navidrome-0.63-empty.db", SHARED / "data/navidrome-live" / "1-before-0.63.db"]

#: What a companion reads, by the names Navidrome gives it.
READ = {
    "media_file": "id path title album artist artist_id album_artist album_id album_artist_id track_number disc_number "
    "year size suffix duration bit_rate sample_rate channels genre bpm created_at updated_at birth_time "
    "mbz_recording_id library_id folder_id pid missing tags participants order_title average_rating",
    "library": "id name path last_scan_at updated_at",
    "album": "id name album_artist album_artist_id genre library_id missing",
    "artist": "id name mbz_artist_id",
    "media_file_artists": "media_file_id artist_id role sub_role",
    "annotation": "user_id item_id item_type play_count play_date rating starred starred_at rated_at",
    "scrobbles": "media_file_id user_id submission_time",
    "playlist": "id name owner_id public rules",
    "playlist_tracks": "id playlist_id media_file_id",
    "user": "id user_name name is_admin",
    "user_library": "user_id library_id",
    "user_props": "user_id key value",
    "property": "id value",
}


def affinity(declared: str) -> str:
    """SQLite's rules for the affinity of a declared type (datatype3.html, section 3.1)."""
    words = declared.upper()
    if "INT" in words:
        return "integer"
    if any(part in words for part in ("CHAR", "CLOB", "TEXT")):
        return "text"
    if "BLOB" in words or not words:
        return "blob"
    return "real" if any(part in words for part in ("REAL", "FLOA", "DOUB")) else "numeric"


def columns(path: Path) -> dict[str, dict[str, tuple[str, bool]]]:
    """Affinity and NOT NULL by table and column."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            table: {
                row[1]: (affinity(row[2]), bool(row[3]))
                for row in connection.execute(f"SELECT * FROM pragma_table_info('{table}')")
            }
            for table in tables
            if not table.startswith("sqlite_")
        }


def test_holds_every_column_that_is_read(tmp_path: Path) -> None:
    # When
    create_database(tmp_path / "navidrome.db")
    # Then
    ours = columns(tmp_path / "navidrome.db")
    for table, names in READ.items():
        assert set(names.split()) <= set(ours[table]), table


def test_is_in_wal_mode_and_empty(tmp_path: Path) -> None:
    create_database(tmp_path / "navidrome.db")
    with closing(sqlite3.connect(tmp_path / "navidrome.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("SELECT count(*) FROM media_file").fetchone() == (0,)


def test_refuses_a_database_that_has_tables(tmp_path: Path) -> None:
    create_database(tmp_path / "navidrome.db")
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        create_database(tmp_path / "navidrome.db")


@pytest.mark.parametrize("real", REAL, ids=lambda path: path.stem)
def test_agrees_with_a_real_database(tmp_path: Path, real: Path) -> None:
    if not real.exists():
        pytest.skip("no real Navidrome database beside the repository")
    # Given
    copy = tmp_path / "real.db"
    copy.write_bytes(real.read_bytes())
    create_database(tmp_path / "ours.db")
    # When
    ours, theirs = columns(tmp_path / "ours.db"), columns(copy)
    # Then
    assert set(ours) <= set(theirs)
    for table, known in ours.items():
        assert {name: theirs[table].get(name) for name in known} == known, table
