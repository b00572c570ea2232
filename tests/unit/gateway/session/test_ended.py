"""What has ended stays ended, for every gateway."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gateway.session import ended
from gateway.session.ended import NAME, EndedSessions
from gateway.session.session import Session

LIFETIME = 3600.0


def session() -> Session:
    return Session.new(time.time())


def test_another_gateway_knows_it(tmp_path: Path) -> None:
    here, there = EndedSessions(tmp_path, LIFETIME), EndedSessions(tmp_path, LIFETIME)
    one, other = session(), session()

    here.add(one)

    assert one in here
    assert one in there
    assert other not in there
    assert one in EndedSessions(tmp_path, LIFETIME), "after a restart"


def test_no_secret_is_written(tmp_path: Path) -> None:
    one = session()
    EndedSessions(tmp_path, LIFETIME).add(one)

    (file,) = (tmp_path / NAME).iterdir()
    assert one.csrf not in file.name
    assert file.read_bytes() == b""
    assert (tmp_path / NAME).stat().st_mode & 0o077 == 0


def test_expired_ones_are_forgotten(tmp_path: Path) -> None:
    sessions, old, new = EndedSessions(tmp_path, LIFETIME), session(), session()
    sessions.add(old)
    (file,) = (tmp_path / NAME).iterdir()
    past = time.time() - LIFETIME - 1
    os.utime(file, (past, past))

    sessions.add(new)

    assert len(list((tmp_path / NAME).iterdir())) == 1
    assert new in EndedSessions(tmp_path, LIFETIME)


def test_the_oldest_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ended, "MAX_ENDED", 3)
    sessions = EndedSessions(tmp_path, LIFETIME)
    many = [session() for _ in range(5)]
    for place, one in enumerate(many):
        sessions.add(one)
        for file in (tmp_path / NAME).iterdir():
            os.utime(file, (file.stat().st_mtime - 10,) * 2)  # each a little older than the next
        assert len(list((tmp_path / NAME).iterdir())) == min(place + 1, 3)

    known = EndedSessions(tmp_path, LIFETIME)
    assert [one in known for one in many] == [False, False, True, True, True]


def test_without_a_folder_this_process_knows_it(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    sessions, one = EndedSessions(tmp_path / "data", LIFETIME), session()

    sessions.add(one)

    assert one in sessions
