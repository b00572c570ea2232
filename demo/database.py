"""Fills the database from the catalogue: libraries, folders, artists, albums and tracks, as after a scan."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any, Final

from demo.catalogue import LIBRARIES, TRUNCATED_PART, Entry, chance
from demo.ids import hashed_id
from demo.listening import add_people, add_playlists, add_plays
from demo.rows import Row, as_json, insert, stamp
from demo.tags import artists

#: Days before now over which tracks were added.
COLLECTING_DAYS: Final = 400
#: Separates the artists of one track in Navidrome's display name.
AND: Final = " • "
#: Codec that the scanner records for compressed formats; the others have none.
CODECS: Final = {"mp3": "MP3", "m4a": "AAC"}
BIT_DEPTHS: Final = {"flac": 16, "wav": 16, "m4a": 16}


def fill(path: Path, folder: Path, entries: Sequence[Entry], now: datetime) -> None:
    """Fill the empty database `path` for the files of `entries` below `folder`."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA foreign_keys = ON")
        _add_libraries(connection, folder, entries, now)
        _add_folders(connection, entries)
        _add_artists(connection, entries, now)
        tracks = [_track(folder, entry, now) for entry in entries]
        _add_albums(connection, entries, tracks)
        insert(connection, "media_file", tracks)
        _add_credits(connection, entries)
        _add_tags(connection, entries)
        add_people(connection, now)
        add_plays(connection, entries, now)
        add_playlists(connection, entries, now)
        insert(connection, "property", _properties(now))


def artist_id(name: str) -> str:
    """Return the id of an artist."""
    return hashed_id(name.lower())


def album_id(entry: Entry) -> str:
    """Return the id of a track's album: other libraries than the first have their own."""
    home = (entry.library,) if entry.library > 1 else ()
    return hashed_id(*home, artist_id(entry.artist), entry.album.lower(), entry.year)


def _folder_id(library: int, path: PurePosixPath) -> str:
    return hashed_id(library, path)


def _properties(now: datetime) -> list[Row]:
    values = {
        "PIDTrack": "musicbrainz_trackid|albumid,discnumber,tracknumber,title",
        "PIDAlbum": "musicbrainz_albumid|albumartistid,album,albumversion,releasedate",
        "LastScanType": "quick",
        "LastScanStartTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "LastScanError": "",
    }
    return [{"id": key, "value": value} for key, value in values.items()]


def _add_libraries(connection: sqlite3.Connection, folder: Path, entries: Sequence[Entry], now: datetime) -> None:
    rows = []
    for number, name in LIBRARIES.items():
        held = [entry for entry in entries if entry.library == number]
        rows.append(
            {
                "id": number,
                "name": name.capitalize(),
                "path": str(folder / name),
                "last_scan_at": stamp(now),
                "created_at": stamp(now - timedelta(days=COLLECTING_DAYS)),
                "updated_at": stamp(now),
                "total_songs": len(held),
                "total_albums": len({album_id(entry) for entry in held}),
                "total_artists": len({name for entry in held for name in artists(entry)}),
                "total_files": len(held),
                "total_size": sum((folder / entry.location).stat().st_size for entry in held),
                "total_duration": sum(entry.seconds for entry in held),
                "default_new_users": number == 1,
            }
        )
    insert(connection, "library", rows)


def _add_folders(connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    files = Counter((entry.library, PurePosixPath(entry.path).parent) for entry in entries)
    folders = {(library, part) for library, path in files for part in (path, *path.parents)}
    rows = [
        {
            "id": _folder_id(library, path),
            "library_id": library,
            "path": str(path.parent) if path.name else "",
            "name": path.name or ".",
            "parent_id": _folder_id(library, path.parent) if path.name else "",
            "num_audio_files": files[library, path],
        }
        for library, path in sorted(folders)
    ]
    insert(connection, "folder", rows)


def _add_artists(connection: sqlite3.Connection, entries: Sequence[Entry], now: datetime) -> None:
    names = sorted({name for entry in entries for name in artists(entry)})
    created = stamp(now - timedelta(days=COLLECTING_DAYS))
    rows = [
        {"id": artist_id(n), "name": n, "order_artist_name": n.lower(), "created_at": created, "updated_at": created}
        for n in names
    ]
    insert(connection, "artist", rows)
    pairs = sorted({(entry.library, artist_id(name)) for entry in entries for name in artists(entry)})
    insert(connection, "library_artist", [{"library_id": library, "artist_id": artist} for library, artist in pairs])


def _track(folder: Path, entry: Entry, now: datetime) -> dict[str, Any]:
    size = (folder / entry.location).stat().st_size
    whole = size / TRUNCATED_PART if entry.kind == "truncated" else size
    audio = entry.kind != "text"
    added = stamp(now - timedelta(seconds=chance("added", entry.location) % (COLLECTING_DAYS * 86_400)))
    return {
        "id": entry.id,
        "pid": hashed_id(album_id(entry), entry.number, entry.title),
        "library_id": entry.library,
        "folder_id": _folder_id(entry.library, PurePosixPath(entry.path).parent),
        "path": entry.path,
        "title": entry.title,
        "order_title": entry.title.lower(),
        "album": entry.album,
        "album_id": album_id(entry),
        "order_album_name": entry.album.lower(),
        "artist": AND.join(artists(entry)),
        "artist_id": artist_id(entry.artist),
        "order_artist_name": AND.join(artists(entry)).lower(),
        "album_artist": entry.artist,
        "album_artist_id": artist_id(entry.artist),
        "order_album_artist_name": entry.artist.lower(),
        "track_number": entry.number,
        "year": entry.year,
        "date": str(entry.year) if entry.year else "",
        "comment": entry.comment if entry.genre else "",
        "size": size,
        "suffix": entry.format.suffix,
        "codec": CODECS.get(entry.format.suffix, "") if audio else "",
        "duration": entry.seconds,
        "bit_rate": round(whole * 8 / 1000 / entry.seconds) if audio else 0,
        "bit_depth": BIT_DEPTHS.get(entry.format.suffix),
        "sample_rate": entry.format.rate if audio else 0,
        "channels": entry.format.channels if audio else 0,
        "tags": as_json(_tags(entry)),
        "participants": as_json(_participants(entry)),
        "birth_time": added,
        "created_at": added,
        "updated_at": added,
    }


def _tags(entry: Entry) -> dict[str, list[dict[str, str]]]:
    values = {"genre": entry.genre, "mood": entry.mood}
    return {name: [{"id": hashed_id(name, value), "value": value}] for name, value in values.items() if value}


def _participants(entry: Entry) -> dict[str, list[dict[str, str]]]:
    def people(names: list[str]) -> list[dict[str, str]]:
        return [{"id": artist_id(name), "name": name} for name in names]

    return {"albumartist": people([entry.artist]), "artist": people(artists(entry))}


def _add_albums(connection: sqlite3.Connection, entries: Sequence[Entry], tracks: Sequence[dict[str, Any]]) -> None:
    rows = []
    for key, first in {album_id(entry): entry for entry in reversed(entries)}.items():
        held = [track for track in tracks if track["album_id"] == key]
        rows.append(
            {
                "id": key,
                "library_id": first.library,
                "name": first.album,
                "album_artist": first.artist,
                "album_artist_id": artist_id(first.artist),
                "order_album_name": first.album.lower(),
                "order_album_artist_name": first.artist.lower(),
                "date": str(first.year) if first.year else "",
                "min_year": first.year,
                "max_year": first.year,
                "song_count": len(held),
                "duration": sum(track["duration"] for track in held),
                "size": sum(track["size"] for track in held),
                "tags": as_json(_tags(first)),
                "participants": as_json(_participants(first) | {"artist": _participants(first)["albumartist"]}),
                "discs": as_json({"1": ""}),
                "folder_ids": as_json(sorted({track["folder_id"] for track in held})),
                "imported_at": max(track["created_at"] for track in held),
                "created_at": min(track["created_at"] for track in held),
                "updated_at": max(track["updated_at"] for track in held),
            }
        )
    insert(connection, "album", rows)


def _add_credits(connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    of_tracks, of_albums = [], set()
    for entry in entries:
        for role, people in _participants(entry).items():
            for person in people:
                of_tracks.append({"media_file_id": entry.id, "artist_id": person["id"], "role": role})
                of_albums.add((album_id(entry), person["id"], role))
    insert(connection, "media_file_artists", of_tracks)
    rows = [{"album_id": album, "artist_id": artist, "role": role} for album, artist, role in sorted(of_albums)]
    insert(connection, "album_artists", rows)


def _add_tags(connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    files: Counter[tuple[str, str, int]] = Counter()
    albums: set[tuple[str, str, int, str]] = set()
    for entry in entries:
        for name, (value,) in _tags(entry).items():
            files[name, value["value"], entry.library] += 1
            albums.add((name, value["value"], entry.library, album_id(entry)))
    rows = [
        {"id": hashed_id(name, value), "tag_name": name, "tag_value": value}
        for name, value in sorted({key[:2] for key in files})
    ]
    insert(connection, "tag", rows)
    in_albums = Counter(key[:3] for key in albums)
    counts = [
        {
            "tag_id": hashed_id(*key[:2]),
            "library_id": key[2],
            "album_count": in_albums[key],
            "media_file_count": files[key],
        }
        for key in sorted(files)
    ]
    insert(connection, "library_tag", counts)
