"""The seeds of a person's mixes, on a clock that the test sets."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract.errors import NotFound
from contract.people import MixesKnown, PersonRequest
from tests.harness.people_data import DAY, NOW, heard, history
from tests.integration.workers.library.people.test_reader import Small
from workers.library.catalogue.catalogue import Catalogue
from workers.library.catalogue.list_settings import ListSettings
from workers.library.catalogue.unlisted import UnlistedReader
from workers.library.navidrome.database import NavidromeDatabase
from workers.library.people.mixes import LONG_AGO_SECONDS, Mixes, known, last_played, long_not_played
from workers.library.people.preferences import PreferenceStore
from workers.library.state.database import StateDatabase

SINCE = NOW - LONG_AGO_SECONDS


def at(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(sep=" ")


@pytest.fixture
def small(tmp_path: Path) -> Small:
    """alice starred t0, and played it half a year before `NOW`, give or take a day."""
    small = Small(tmp_path / "navidrome.db")
    small.note("t0", play_count=2, play_date=at(SINCE), starred=1, starred_at=at(SINCE))
    return small


def asked(small: Small, tmp_path: Path, now: float, name: str = "alice") -> MixesKnown:
    state = StateDatabase(tmp_path / "data")
    try:
        database = NavidromeDatabase(small.path)
        unlisted = UnlistedReader(ListSettings(), database, Catalogue(state))
        mixes = Mixes(database, PreferenceStore(state, 0.15), unlisted, lambda: now)
        return mixes.answer(PersonRequest(user_name=name))
    finally:
        state.close()


@pytest.mark.parametrize(("days", "rediscovered"), [(-1, []), (1, ["t0"]), (400, ["t0"])])
def test_six_months_make_a_loved_track_one_to_rediscover(
    small: Small, tmp_path: Path, days: float, rediscovered: list[str]
) -> None:
    answer = asked(small, tmp_path, NOW + days * DAY)
    assert answer.rediscover_track_ids == rediscovered
    # And what was played last is another thing; who played nothing lately is known by what they love
    assert answer.recent_track_ids == ["t0"]
    assert answer.known == 1


def test_a_book_that_was_heard_is_in_no_mix(small: Small, tmp_path: Path) -> None:
    small.sql("UPDATE media_file SET genre = 'Audiobook', tags = '{}' WHERE id = 't0'")
    answer = asked(small, tmp_path, NOW + 400 * DAY)
    assert (answer.rediscover_track_ids, answer.recent_track_ids, answer.known) == ([], [], 0)


def test_a_play_that_only_the_scrobbles_know_counts(small: Small, tmp_path: Path) -> None:
    small.sql("INSERT INTO scrobbles (media_file_id, user_id, submission_time) VALUES ('t0', 'id-alice', ?)", int(NOW))
    assert asked(small, tmp_path, NOW + DAY).rediscover_track_ids == []


def test_who_sees_nothing_has_nothing_and_strangers_are_said(small: Small, tmp_path: Path) -> None:
    answer = asked(small, tmp_path, NOW, "dave")
    assert (answer.library_ids, answer.known, answer.recent_track_ids) == ([], 0, [])
    with pytest.raises(NotFound):
        asked(small, tmp_path, NOW, "nobody")


def test_known_is_played_or_starred_each_once() -> None:
    assert (
        known(history(heard("a", days=1), heard("b", days=1, loved=2), heard("c", loved=3), heard("d", rating=5))) == 3
    )


def test_last_played_is_newest_first_without_dislikes() -> None:
    plays = history(heard("a", days=5), heard("b", days=1), heard("c", days=3, rating=1), heard("d", days=200))
    assert last_played(plays, SINCE) == ["b", "a"]


def test_long_not_heard_is_loved_and_was_played() -> None:
    loved = history(
        heard("old", days=200, loved=200),
        heard("new", days=100, loved=200),
        heard("never", loved=200),
        heard("unloved", days=200),
        heard("older", days=300, rating=4, loved=300),
    )
    assert long_not_played(loved, SINCE) == ["old", "older"]
