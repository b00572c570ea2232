"""`settings.env`: what the first run chose, below the environment and `.env`."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import Forbidden, InvalidRequest
from contract.settings import DatabaseSettings, SettingsError, load_settings
from contract.settings_file import NAME, data_folder, origin, settings_files, values, write_settings

VARIABLE = "NAVIDROME_DB_PATH"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (VARIABLE, "SONICMESH_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SONICMESH_HOME", str(tmp_path))
    return tmp_path


def test_the_environment_wins_then_env_then_the_first_run(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (load_settings(DatabaseSettings).database, origin(home, VARIABLE)) == (None, "default")
    write_settings(home / "data", {VARIABLE: "/chosen/navidrome.db"})
    assert (load_settings(DatabaseSettings).database, origin(home, VARIABLE)) == (Path("/chosen/navidrome.db"), "setup")
    (home / ".env").write_text(f"{VARIABLE}=/file/navidrome.db\n")
    assert (load_settings(DatabaseSettings).database, origin(home, VARIABLE)) == (Path("/file/navidrome.db"), "file")
    monkeypatch.setenv(VARIABLE, "/env/navidrome.db")
    found = (load_settings(DatabaseSettings).database, origin(home, VARIABLE))
    assert found == (Path("/env/navidrome.db"), "environment")


def test_the_data_folder_may_be_elsewhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".env").write_text(f"SONICMESH_DATA={home}/other data\n".replace("other data", "other"))
    assert data_folder(home) == home / "other"
    monkeypatch.setenv("SONICMESH_DATA", "relative")
    assert data_folder(home) == home / "relative"
    write_settings(home / "relative", {VARIABLE: "/x/navidrome.db"})
    assert load_settings(DatabaseSettings).database == Path("/x/navidrome.db")


def test_it_is_private_and_whole(home: Path) -> None:
    path = write_settings(home / "data", {VARIABLE: "/a", "SONICMESH_PATH_MAP": ""})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert values(path) == {VARIABLE: "/a"}
    write_settings(home / "data", {VARIABLE: "/b"})
    assert values(path) == {VARIABLE: "/b"}
    assert sorted(each.name for each in path.parent.iterdir()) == [NAME]


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Cf")), min_size=1, max_size=40))
def test_any_path_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("s")
    value = f"/music/{text}"
    if "${" in value:
        return
    assert values(write_settings(folder, {VARIABLE: value})) == {VARIABLE: value}


@pytest.mark.parametrize("value", ["/a\nSONICMESH_TOKEN=x", "/a\tb", "/${HOME}/x", "/bytes\udcff"])
def test_what_no_line_can_hold_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(InvalidRequest, match=VARIABLE):
        write_settings(tmp_path, {VARIABLE: value})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(Forbidden, match=r"settings\.env cannot be written"):
        write_settings(tmp_path / "data", {VARIABLE: "/a"})


def test_what_is_no_text_is_one_clear_error(home: Path) -> None:
    (home / ".env").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load_settings(DatabaseSettings)


def test_a_file_of_its_own_replaces_all(home: Path, tmp_path: Path) -> None:
    write_settings(home / "data", {VARIABLE: "/chosen"})
    other = tmp_path / "other.env"
    other.write_text("")
    assert load_settings(DatabaseSettings, other).database is None
    assert settings_files(home) == (home / "data" / NAME,)
