"""The key of sessions: one file, for one user."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from gateway.session.key import session_key


def test_the_key_is_for_one_user_only(tmp_path: Path) -> None:
    key, warning = session_key(tmp_path / "data")
    path = tmp_path / "data" / "session.key"
    assert (len(key), warning, path.read_bytes()) == (32, "", key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["session.key"]
    assert session_key(tmp_path / "data")[0] == key
    path.chmod(0o644)
    assert session_key(tmp_path / "data")[0] != key, "others may have read it"


def test_a_folder_that_cannot_be_written_warns(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    key, warning = session_key(tmp_path / "data")
    assert len(key) == 32 and "cannot be kept" in warning


@pytest.fixture
def often() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("often")
def test_gateways_that_find_a_damaged_key_together_agree_on_one(tmp_path: Path) -> None:
    gateways = 8
    together = Barrier(gateways)

    def started(_: int) -> bytes:
        together.wait()
        return session_key(tmp_path)[0]

    with ThreadPoolExecutor(gateways) as pool:
        for _ in range(100):
            (tmp_path / "session.key").write_bytes(b"no key")
            assert set(pool.map(started, range(gateways))) == {(tmp_path / "session.key").read_bytes()}
