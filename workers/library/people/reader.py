"""Reads people, their annotations and what they may see from Navidrome's database, in any of its releases."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from contract.errors import NavidromeUnavailable
from workers.library.navidrome.credits import credited
from workers.library.navidrome.database import NavidromeDatabase
from workers.library.navidrome.values import InvalidValues, RowReader
from workers.library.people.records import NavidromeUser, Opinion, PlayedTrack, PlayHistory

#: Names that Navidrome uses for missing tags: tracks that share one have nothing in common.
UNKNOWN: Final = frozenset({"", "[Unknown Artist]", "[Unknown Album]"})
#: Seconds in a day: a time in text with another UTC offset may be off by that much.
DAY: Final = 86_400.0
#: Maximum number of values in one `IN (...)`.
MAX_VALUES: Final = 500
#: Stars of the highest rating.
MOST_STARS: Final = 5
#: Last second of the year 9999 in unix time: a larger number is not a time in seconds.
LAST_SECOND: Final = 253_402_300_799

#: Columns to read from an annotation, and the SQL default for a column that a release lacks.
ANNOTATION: Final = {
    "item_id": "''",
    "play_count": "0",
    "play_date": "NULL",
    "rating": "0",
    "starred": "0",
    "starred_at": "NULL",
    "rated_at": "NULL",
}


class PeopleReader:
    """One connection's view of people. All methods raise `sqlite3.DatabaseError`; see `reading`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        #: Values that made no sense.
        self.invalid = InvalidValues()

    def find(self, user_id: str, user_name: str) -> NavidromeUser:
        """Look up a user whom Navidrome confirmed. Raises `NavidromeUnavailable` if the database lacks them."""
        person = self.lookup(user_id, user_name)
        if person is None:
            raise NavidromeUnavailable(
                f"the database that NAVIDROME_DB_PATH names has no user {user_name or user_id!r}: is it that of the "
                "Navidrome at NAVIDROME_URL?"
            )
        return person

    def lookup(self, user_id: str, user_name: str) -> NavidromeUser | None:
        """Return the user with this id, else the one with this name, else None."""
        rows = self._rows(
            "SELECT id, user_name, is_admin FROM user WHERE id = ?1 OR user_name = ?2 COLLATE NOCASE "
            "ORDER BY id = ?1 DESC, user_name = ?2 DESC",
            (user_id, user_name),
        )
        if not rows:
            return None
        found, name, is_admin = rows[0]
        read = RowReader(self.invalid, "user", found)
        admin = read.whole("is_admin", is_admin) == 1
        if admin or not self._columns("user_library"):
            libraries = self._rows("SELECT id FROM library")
        else:
            libraries = self._rows("SELECT library_id FROM user_library WHERE user_id = ?", (found,))
        numbers = frozenset(read.whole("libraries", number, -1) for (number,) in libraries) - {-1}
        return NavidromeUser(str(found), read.text("user_name", name), admin, numbers)

    def users(self) -> set[str]:
        """Return the ids of all users."""
        return {str(i) for (i,) in self._rows("SELECT id FROM user")}

    def history(self, person: NavidromeUser, since: float) -> PlayHistory:
        """Return what the person played, rated and starred; plays before `since` (unix seconds) may lack a time."""
        tracks = self._heard(person, since)
        for track_id, moment in self._scrobbled(person, tracks).items():
            heard = tracks[track_id]
            if not heard.played or moment > max(heard.played_at, since):
                tracks[track_id] = replace(heard, played=True, played_at=max(heard.played_at, moment))
        albums, artists = self._opinions(person, "album"), self._opinions(person, "artist")
        members: dict[tuple[str, str], list[str]] = {}
        for kind, opinions in (("album", albums), ("artist", artists)):
            starred = [key for key, opinion in opinions.items() if opinion.starred]
            members |= {(kind, key): listed for key, listed in self.tracks_of_each(person, kind, starred).items()}
        return PlayHistory(tracks, albums, artists, members)

    def tracks_of(self, person: NavidromeUser, kind: str, key: str) -> list[str]:
        """Return the tracks of an album or artist that the person may see, in album order."""
        return self.tracks_of_each(person, kind, [key])[key]

    def tracks_of_each(self, person: NavidromeUser, kind: str, keys: Sequence[str]) -> dict[str, list[str]]:
        """Do the same as `tracks_of` for many albums or artists."""
        columns = self._columns("media_file")
        order = ", ".join(name for name in ("year", "album_id", "disc_number", "track_number", "id") if name in columns)
        by_key: dict[str, list[str]] = {key: [] for key in keys}
        for part, marks in _parts(keys):
            rows = self._rows(
                f"SELECT m.{kind}_id, id FROM media_file m WHERE m.{kind}_id IN ({marks}) AND {self._visible(person)} "
                f"ORDER BY {order}",
                part,
            )
            for key, track_id in rows:
                by_key[str(key)].append(str(track_id))
        return by_key

    def credited(self, person: NavidromeUser, artist_id: str) -> list[str]:
        """Return tracks by others that credit this artist and that the person may see."""
        return sorted(self.visible(person, credited(self._connection, artist_id, "")))

    def visible(self, person: NavidromeUser, track_ids: Collection[str]) -> set[str]:
        """Return those of the tracks that are present and visible to the person."""
        found = set()
        for part, marks in _parts(list(track_ids)):
            rows = self._rows(f"SELECT id FROM media_file m WHERE id IN ({marks}) AND {self._visible(person)}", part)
            found |= {str(i) for (i,) in rows}
        return found

    def playlists(self, person: NavidromeUser, playlist_ids: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return the tracks of the playlists that the person may see, and the ids of the other playlists."""
        tracks: dict[str, None] = {}
        refused = []
        for playlist_id in dict.fromkeys(playlist_ids):
            rows = self._rows("SELECT owner_id, public FROM playlist WHERE id = ?", (playlist_id,))
            if not rows or not (person.is_admin or rows[0][0] == person.id or rows[0][1]):
                refused.append(playlist_id)
                continue
            listed = self._rows(
                "SELECT media_file_id FROM playlist_tracks WHERE playlist_id = ? ORDER BY id", (playlist_id,)
            )
            tracks.update((str(i), None) for (i,) in listed)
        return list(tracks), refused

    def _heard(self, person: NavidromeUser, since: float) -> dict[str, PlayedTrack]:
        rows = self._rows(
            f"SELECT {self._annotation()}, m.album_id, m.album, m.artist_id, m.artist FROM annotation a "
            f"JOIN media_file m ON m.id = a.item_id WHERE a.user_id = ? AND a.item_type = 'media_file' "
            f"AND {self._visible(person)}",
            (person.id,),
        )
        # Most plays are old and their times are not needed; parsing a time takes longer than everything else here.
        first_day = datetime.fromtimestamp(max(since - DAY, 0), UTC).date().isoformat()
        tracks = {}
        for (
            track_id,
            plays,
            play_date,
            rating,
            starred,
            starred_at,
            rated_at,
            album_id,
            album,
            artist_id,
            artist,
        ) in rows:
            late = not isinstance(play_date, str) or play_date >= first_day
            read = RowReader(self.invalid, "annotation", track_id)
            stars = read.whole("rating", rating, most=MOST_STARS)
            heard = PlayedTrack(
                track_id=str(track_id),
                album_id="" if album in UNKNOWN else str(album_id or ""),
                artist_id="" if artist in UNKNOWN else str(artist_id or ""),
                played=bool(plays or play_date),
                played_at=_seconds(read.time("play_date", play_date)) if late else 0.0,
                rating=stars,
                starred=bool(starred),
                loved_at=_loved_at(read, stars, starred, starred_at, rated_at),
            )
            if heard.played or heard.rating or heard.starred:
                tracks[heard.track_id] = heard
        return tracks

    def _scrobbled(self, person: NavidromeUser, tracks: dict[str, PlayedTrack]) -> dict[str, float]:
        """Return the last play by track. Adds tracks without an annotation to `tracks`."""
        if not {"media_file_id", "user_id", "submission_time"} <= self._columns("scrobbles"):
            return {}
        rows = self._rows(
            "SELECT media_file_id, max(CASE WHEN submission_time BETWEEN 0 AND ? THEN submission_time END) "
            "FROM scrobbles WHERE user_id = ? GROUP BY media_file_id",
            (LAST_SECOND, person.id),
        )
        others = [str(track_id) for track_id, _ in rows if track_id not in tracks]
        for part, marks in _parts(others):
            tables = self._rows(
                "SELECT id, album_id, album, artist_id, artist FROM media_file m "
                f"WHERE id IN ({marks}) AND {self._visible(person)}",
                part,
            )
            for track_id, album_id, album, artist_id, artist in tables:
                tracks[str(track_id)] = PlayedTrack(str(track_id), _group(album_id, album), _group(artist_id, artist))
        return {str(track_id): _scrobble_time(moment) for track_id, moment in rows if track_id in tracks}

    def _opinions(self, person: NavidromeUser, kind: str) -> dict[str, Opinion]:
        rows = self._rows(
            f"SELECT {self._annotation()} FROM annotation a WHERE a.user_id = ? AND a.item_type = ? "
            "AND (a.starred OR a.rating > 0)",
            (person.id, kind),
        )
        opinions = {}
        for key, _, _, rating, starred, starred_at, rated_at in rows:
            read = RowReader(self.invalid, "annotation", key)
            stars = read.whole("rating", rating, most=MOST_STARS)
            opinions[str(key)] = Opinion(stars, bool(starred), _loved_at(read, stars, starred, starred_at, rated_at))
        return opinions

    def _annotation(self) -> str:
        existing = self._columns("annotation")
        return ", ".join(f"a.{name}" if name in existing else default for name, default in ANNOTATION.items())

    def _visible(self, person: NavidromeUser) -> str:
        """Return a condition on `media_file m`. It holds only numbers, so nothing needs quoting."""
        libraries = ",".join(str(number) for number in sorted(person.libraries))
        condition = " AND NOT coalesce(m.missing, 0)" if "missing" in self._columns("media_file") else ""
        return f"m.library_id IN ({libraries}){condition}"

    def _columns(self, table: str) -> set[str]:
        return {str(row[1]) for row in self._connection.execute(f"PRAGMA table_info({table})")}

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, values).fetchall()


@contextmanager
def reading(database: NavidromeDatabase) -> Iterator[PeopleReader]:
    """Yield a reader with its own connection, in one transaction. Raises `NavidromeUnavailable`."""
    with database.reading() as connection:
        reader = PeopleReader(connection)
        yield reader
    database.tell(reader.invalid)


def _parts(values: Sequence[str]) -> Iterator[tuple[Sequence[str], str]]:
    """Split values into parts that fit into one `IN (...)`, each with its placeholders."""
    for start in range(0, len(values), MAX_VALUES):
        part = values[start : start + MAX_VALUES]
        yield part, ",".join("?" * len(part))


def _group(key: object, name: object) -> str:
    """Return the id of an album or artist, or "" if it only stands for a missing tag."""
    return "" if name in UNKNOWN else str(key or "")


def _scrobble_time(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0


def _loved_at(read: RowReader, rating: int, starred: object, starred_at: object, rated_at: object) -> float:
    """Return when the track, album or artist was last starred or rated."""
    return max(
        _seconds(read.time("starred_at", starred_at)) if starred else 0.0,
        _seconds(read.time("rated_at", rated_at)) if rating else 0.0,
    )
