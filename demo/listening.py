"""The people of the demo library and their history: plays, stars, ratings, playlists, dated relative to now."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np

from demo.catalogue import Entry, chance
from demo.ids import row_id
from demo.rows import as_json, insert, stamp

#: Favourites get more plays: the share of the n-th track of a taste is n to the power of minus this.
STEEPNESS: Final = 0.9


@dataclass(frozen=True, slots=True)
class Taste:
    """`plays` of a style between `newest` and `oldest` days ago."""

    style: str
    plays: int
    newest: float
    oldest: float


@dataclass(frozen=True, slots=True)
class Person:
    """A user, the libraries that they see and what they listened to."""

    user_name: str
    name: str
    libraries: tuple[int, ...]
    tastes: tuple[Taste, ...]
    is_admin: bool = False

    @property
    def id(self) -> str:
        return row_id("user", self.user_name)


PEOPLE: Final = (
    Person("admin", "Admin", (1, 2), (Taste("choir", 12, 2, 60), Taste("techno", 10, 1, 25)), is_admin=True),
    Person(
        "alice",
        "Alice Ångström",
        (1, 2),
        # Pianos now, jazz for a while, techno once.
        (
            Taste("piano", 34, 0.1, 6),
            Taste("jazz", 22, 1, 28),
            Taste("ambient", 12, 5, 85),
            Taste("techno", 18, 190, 340),
        ),
    ),
    Person("bob", "Bob", (2,), (Taste("metal", 16, 0.5, 20), Taste("chiptune", 8, 3, 80))),
)


@dataclass(slots=True)
class _Note:
    """One row of `annotation` in the making."""

    plays: list[datetime] = field(default_factory=list)
    rating: int = 0
    rated_at: datetime | None = None
    starred_at: datetime | None = None


def add_people(connection: sqlite3.Connection, now: datetime) -> None:
    """Add the users and the libraries that they see."""
    since = stamp(now - timedelta(days=400))
    rows = [
        {
            "id": person.id,
            "user_name": person.user_name,
            "name": person.name,
            "email": f"{person.user_name}@example.org",
            "is_admin": person.is_admin,
            "created_at": since,
            "updated_at": since,
        }
        for person in PEOPLE
    ]
    insert(connection, "user", rows)
    seen = [{"user_id": person.id, "library_id": number} for person in PEOPLE for number in person.libraries]
    insert(connection, "user_library", seen)


def add_plays(connection: sqlite3.Connection, entries: Sequence[Entry], now: datetime) -> None:
    """Add scrobbles, and the annotations that result from them and from stars, for tracks, albums and artists."""
    known = connection.execute("SELECT id, album_id, artist_id FROM media_file").fetchall()
    owners = {str(track): (("album", str(album)), ("artist", str(artist))) for track, album, artist in known}
    for person in PEOPLE:
        notes: defaultdict[tuple[str, str], _Note] = defaultdict(_Note)
        for track, moment in _plays(person, entries, now):
            for item in (("media_file", track), *owners[track]):
                notes[item].plays.append(moment)
        played = sorted((i for i in notes if i[0] == "media_file"), key=lambda i: (-len(notes[i].plays), i))
        _judge(notes, played, owners)
        scrobbles = sorted((moment, track) for kind, track in played for moment in notes[kind, track].plays)
        rows = [
            {"media_file_id": track, "user_id": person.id, "submission_time": int(moment.timestamp())}
            for moment, track in scrobbles
        ]
        insert(connection, "scrobbles", rows)
        insert(connection, "annotation", [_annotation(person, item, note) for item, note in notes.items()])


def _plays(person: Person, entries: Sequence[Entry], now: datetime) -> Iterator[tuple[str, datetime]]:
    for taste in person.tastes:
        rng = np.random.default_rng(chance("plays", person.user_name, taste.style))
        heard = [e.id for e in entries if e.style == taste.style and e.library in person.libraries and e.kind != "copy"]
        if not heard:
            continue
        rng.shuffle(heard)
        # Leave the last track of a style unheard, so that there is something to discover.
        heard = heard[: max(1, len(heard) - 1)]
        share = np.arange(1, len(heard) + 1) ** -STEEPNESS
        for index in rng.choice(len(heard), size=taste.plays, p=share / share.sum()):
            days = float(rng.uniform(taste.newest, taste.oldest))
            # Whole seconds, as in a scrobble.
            yield heard[int(index)], (now - timedelta(days=days)).replace(microsecond=0)


def _judge(
    notes: defaultdict[tuple[str, str], _Note],
    played: list[tuple[str, str]],
    owners: dict[str, tuple[tuple[str, str], tuple[str, str]]],
) -> None:
    """Star the most played tracks, rate some, dislike one; each is judged right after its last play."""
    for place, item in enumerate(played):
        note, last = notes[item], max(notes[item].plays)
        if place < 4 or place == 7:
            note.starred_at = last + timedelta(minutes=1)
        if place in {0, 2, 5}:
            note.rating, note.rated_at = 5 - (place > 0), last + timedelta(minutes=2)
    if len(played) > 2:
        worst = notes[played[-1]]
        worst.rating, worst.rated_at = 1, max(worst.plays) + timedelta(minutes=2)
    if played:
        album, artist = owners[played[0][1]]
        for owner in (album, artist):
            notes[owner].starred_at = max(notes[owner].plays) + timedelta(minutes=3)
        notes[album].rating, notes[album].rated_at = 5, notes[album].starred_at


def _annotation(person: Person, item: tuple[str, str], note: _Note) -> dict[str, Any]:
    return {
        "user_id": person.id,
        "item_type": item[0],
        "item_id": item[1],
        "play_count": len(note.plays),
        "play_date": stamp(max(note.plays)) if note.plays else None,
        "rating": note.rating,
        "rated_at": stamp(note.rated_at) if note.rated_at else None,
        "starred": note.starred_at is not None,
        "starred_at": stamp(note.starred_at) if note.starred_at else None,
    }


def add_playlists(connection: sqlite3.Connection, entries: Sequence[Entry], now: datetime) -> None:
    """Add a private playlist, a public one with a repeated track, one of another library, an empty and a smart one."""
    alice, bob, admin = PEOPLE[1], PEOPLE[2], PEOPLE[0]
    by_style: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.kind == "normal":
            by_style[entry.style].append(entry)
    morning = by_style["piano"][:3] + by_style["ambient"][:3]
    evening = by_style["techno"][:4] + by_style["techno"][:1]
    archive = [entry for entry in entries if entry.library in bob.libraries][:5]
    rules = {"all": [{"is": {"loved": True}}], "sort": "-dateLoved", "limit": 50}
    _add_playlist(connection, alice, "Morning", morning, now)
    _add_playlist(connection, alice, 'Öffentlich / "public" 100%', evening, now, public=True)
    _add_playlist(connection, bob, "Bob's", archive, now)
    _add_playlist(connection, admin, "Empty", [], now)
    # Navidrome stores the rules as a blob, and fills a smart playlist only when somebody opens it.
    _add_playlist(connection, admin, "Recently Loved", [], now, rules=as_json(rules).encode())


def _add_playlist(
    connection: sqlite3.Connection,
    owner: Person,
    name: str,
    tracks: Sequence[Entry],
    now: datetime,
    *,
    public: bool = False,
    rules: bytes | None = None,
) -> None:
    key = row_id("playlist", owner.user_name, name)
    sizes = dict(connection.execute("SELECT id, size FROM media_file"))
    row = {
        "id": key,
        "owner_id": owner.id,
        "name": name,
        "public": public,
        "song_count": len(tracks),
        "duration": sum(track.seconds for track in tracks),
        "size": sum(sizes[track.id] for track in tracks),
        "rules": rules,
        "created_at": stamp(now - timedelta(days=20)),
        "updated_at": stamp(now - timedelta(days=2)),
    }
    insert(connection, "playlist", [row])
    positions = [{"id": n, "playlist_id": key, "media_file_id": track.id} for n, track in enumerate(tracks, 1)]
    insert(connection, "playlist_tracks", positions)
