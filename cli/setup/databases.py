"""Navidrome's database before the mesh uses it: which file is meant, what it holds, why it cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from contract.errors import InvalidRequest, NavidromeUnavailable
from contract.settings import expanded, home
from contract.setup import DatabaseProblem, FoundDatabase, SetupChoice
from workers.library.navidrome.database import NavidromeDatabase
from workers.library.navidrome.paths import shown
from workers.library.navidrome.records import Snapshot

#: The file's name in every installation of Navidrome.
DATABASE: Final = "navidrome.db"
FIELD: Final = "database"
#: Words of a message, and what they mean.
PROBLEMS: Final[tuple[tuple[str, DatabaseProblem], ...]] = (
    ("there is no database", "absent"),
    ("locked", "locked"),
    ("not (yet) a database", "foreign"),
    ("no readable database", "foreign"),
    ("Permission denied", "forbidden"),
    ("must be able to read it", "forbidden"),
)
#: Parts of messages that are meant for a mesh that runs already.
RUNNING: Final = ("; trying again", "; NAVIDROME_DB_PATH names it")
#: Values behind the number of tracks in a database's signature, and that number.
COUNTS: Final = 3


def database_of(request: SetupChoice) -> Path:
    """Return the database's absolute path; a folder means the `navidrome.db` in it. Raises `InvalidRequest`."""
    text = request.database.strip()
    if not text or "\0" in text:
        raise InvalidRequest("name Navidrome's database: the file navidrome.db", {"field": FIELD})
    try:
        path = home() / expanded(Path(text))
        return path / DATABASE if path.is_dir() else path
    except (OSError, ValueError) as error:
        raise InvalidRequest(f"{text[:200]}: {error}", {"field": FIELD}) from None


def read(path: Path) -> Snapshot:
    """Return what the database holds.

    Raises `InvalidRequest` if it cannot be used; `detail` has the `problem`, a `DatabaseProblem`.
    """
    try:
        snapshot = NavidromeDatabase(path).snapshot()
    except NavidromeUnavailable as error:
        problem, message = _problem(error)
        raise InvalidRequest(message, {"field": FIELD, "problem": problem}) from None
    if not snapshot.tracks:
        message = f"{path} has no tracks yet: let Navidrome scan your music"
        raise InvalidRequest(message, {"field": FIELD, "problem": "empty"})
    return snapshot


def describe(path: Path, *, demo: bool = False) -> FoundDatabase:
    """Return a database with the number of its tracks, or with what is wrong with it."""
    tracks, problem, message = 0, None, ""
    try:
        tracks = int(NavidromeDatabase(path).signature()[-COUNTS])
    except NavidromeUnavailable as error:
        problem, message = _problem(error)
    if problem is None and not tracks:
        problem = "empty"
    return FoundDatabase(path=shown(str(path)), tracks=tracks, demo=demo, problem=problem, message=message)


def _problem(error: NavidromeUnavailable) -> tuple[DatabaseProblem, str]:
    message = error.message
    for part in RUNNING:
        message = message.replace(part, "")
    return next((problem for words, problem in PROBLEMS if words in message), "unreadable"), message
