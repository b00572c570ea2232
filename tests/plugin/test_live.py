"""Calls that a real Navidrome made, replayed on the library it made them for, before and after it changed its ids."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.mesh.house import REPOSITORY, House

if TYPE_CHECKING:
    from tests.plugin.navidrome import Runtime

LIVE = REPOSITORY.parent / "shared/data/navidrome-live"

pytestmark = pytest.mark.skipif(not LIVE.exists(), reason="the recorded Navidrome library is not here")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A whole mesh, its library that of the server before its upgrade."""
    database = tmp_path_factory.mktemp("live") / "navidrome.db"
    shutil.copy(LIVE / "1-before-0.63.db", database)
    folder = tmp_path_factory.mktemp("sm h")
    house = House(
        folder,
        NAVIDROME_DB_PATH=database,
        SONICMESH_PATH_MAP=f"/music={LIVE}/music,/archive={LIVE}/archive",
        SONICMESH_LIBRARY_POLL_S="0.5",
    )
    house.json("run")
    yield house
    house.close()


def recorded() -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted((LIVE / "plugin-calls").glob("*.json"))]


def known(database: Path) -> set[str]:
    """Ids of its tracks and artists."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT id FROM media_file UNION SELECT id FROM artist").fetchall()
    return {str(row[0]) for row in rows}


def answered_ids(answer: dict[str, Any]) -> list[str]:
    found = answer.get("artists") or answer.get("songs") or [match["song"] for match in answer["matches"]]
    return [each["id"] for each in found]


def test_every_recorded_call_is_answered(live: House, runtime: Runtime) -> None:
    from tests.plugin.navidrome import Navidrome

    # Given calls of before the upgrade and after it, and the library of before
    navidrome = Navidrome({}, gateway=f"http://127.0.0.1:{live.port}")
    there = known(LIVE / "1-before-0.63.db")
    # When each is made in an instance of its own
    for call in recorded():
        answer = runtime.call(navidrome, call["function"], call["input"])
        # Then it is answered with what is there, though half of the ids are of another time
        assert answer is not None, call
        ids = answered_ids(answer)
        assert ids
        assert set(ids) <= there
        assert len(ids) == len(set(ids)) <= call["input"].get("count", call["input"].get("limit"))


def test_the_doctor_sees_that_navidrome_asks(live: House, runtime: Runtime) -> None:
    from tests.plugin.navidrome import Navidrome

    # Given a question
    call = recorded()[0]
    runtime.call(Navidrome({}, gateway=f"http://127.0.0.1:{live.port}"), call["function"], call["input"])
    # When
    examined = json.loads(live.sonicmesh("doctor", "--json").stdout)
    # Then
    found = next(finding for finding in examined["findings"] if finding["subject"] == "plugin")
    assert found["status"] == "ok", found
    assert found["message"].startswith("Navidrome asked")


def test_after_the_upgrade_old_ids_are_understood(live: House, runtime: Runtime) -> None:
    from tests.mesh.house import wait_until
    from tests.plugin.navidrome import Navidrome

    # Given a server that changed its ids
    database = Path(next(line for line in (live.folder / ".env").read_text().splitlines() if "DB_PATH" in line)[19:-1])
    part = database.with_suffix(".part")
    shutil.copy(LIVE / "3-upgraded-0.64.db", part)
    part.replace(database)
    there = known(database)
    changed = there - known(LIVE / "1-before-0.63.db")
    song = next(call["input"]["song"] for call in recorded() if call["function"] == "nd_get_sonic_similar_tracks")
    navidrome = Navidrome({}, gateway=f"http://127.0.0.1:{live.port}")

    def of_now() -> bool:
        answer = runtime.call(navidrome, "nd_get_sonic_similar_tracks", {"song": {"id": song["id"]}, "count": 25})
        ids = set(answered_ids(answer)) if answer else set()
        return ids <= there and bool(ids & changed)

    # Then a client that still has an old id gets tracks by their new ids
    assert wait_until(of_now, 60)
