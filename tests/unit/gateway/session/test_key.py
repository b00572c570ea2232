"""The key of sessions: one file, for one user."""

from __future__ import annotations

import stat
from pathlib import Path

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
