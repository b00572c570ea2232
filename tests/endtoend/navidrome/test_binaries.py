"""Where the tests look for the servers, and what happens if there are none."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from tests.endtoend.navidrome import binaries


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without the shared folder; the cache is empty."""
    monkeypatch.delenv(binaries.VARIABLE, raising=False)
    monkeypatch.setenv("NAVIDROME_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(binaries, "SHARED", tmp_path / "shared")
    monkeypatch.setattr(binaries, "PACKED", tmp_path / "shared" / "navidrome-server")
    monkeypatch.setattr(binaries, "LIVE", tmp_path / "shared" / "live")
    return tmp_path


def test_without_servers_tests_are_skipped_with_the_reason(elsewhere: Path) -> None:
    with pytest.raises(pytest.skip.Exception, match="music"):
        binaries.recorded_music()
    with pytest.raises(pytest.skip.Exception, match=binaries.VARIABLE):
        binaries.binary("0.64")


def test_where_the_shared_folder_is_a_skip_is_a_failure(elsewhere: Path) -> None:
    (elsewhere / "shared").mkdir()
    with pytest.raises(pytest.fail.Exception, match="music"):
        binaries.recorded_music()
    with pytest.raises(pytest.fail.Exception, match=binaries.VARIABLE):
        binaries.binary("0.64")


def test_a_folder_of_ones_own(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = elsewhere / "own"
    own.mkdir()
    (own / "navidrome-0.64").write_bytes(b"a server")
    monkeypatch.setenv(binaries.VARIABLE, str(own))
    assert binaries.binary("0.64") == own / "navidrome-0.64"
    with pytest.raises(pytest.skip.Exception):
        binaries.binary("0.63.2")


def test_a_packed_server_is_unpacked_once(elsewhere: Path) -> None:
    packed = elsewhere / "shared/navidrome-server/navidrome-0.64.xz"
    packed.parent.mkdir(parents=True)
    packed.write_bytes(lzma.compress(b"a server"))
    found = binaries.binary("0.64")
    assert (found.read_bytes(), found.stat().st_mode & 0o777) == (b"a server", 0o755)
    made = found.stat().st_mtime_ns
    assert binaries.binary("0.64").stat().st_mtime_ns == made
    assert [path.name for path in found.parent.iterdir()] == ["navidrome-0.64"]
