"""The token in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.settings import SettingsError, load_settings
from gateway.settings import GatewaySettings
from gateway.token_file import make_token


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SONICMESH_HOME", str(tmp_path))
    monkeypatch.delenv("SONICMESH_TOKEN", raising=False)
    monkeypatch.setenv("SONICMESH_TOKEN_FILE", "token")
    return tmp_path


def test_a_token_is_made_once_for_its_owner_alone(folder: Path) -> None:
    made = make_token()
    assert made is not None
    token, path = made
    assert path == folder / "token"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(token) >= 32
    assert make_token() is None
    assert path.read_text() == f"{token}\n"


def test_the_gateway_reads_it_and_may_listen_to_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "token").write_text("of a secret\n".replace(" ", "-"))
    monkeypatch.setenv("SONICMESH_HOST", "0.0.0.0")
    settings = load_settings(GatewaySettings)
    assert settings.token is not None
    assert settings.token.get_secret_value() == "of-a-secret"


def test_a_token_in_the_environment_goes_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONICMESH_TOKEN", "from-the-environment")
    settings = load_settings(GatewaySettings)
    assert settings.token is not None
    assert settings.token.get_secret_value() == "from-the-environment"


def test_no_file_is_made_without_the_setting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SONICMESH_TOKEN_FILE")
    assert make_token() is None
    assert list(folder.iterdir()) == []


def test_a_file_that_is_not_there_is_told(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"SONICMESH_TOKEN_FILE=token: the token cannot be read"):
        load_settings(GatewaySettings)


@pytest.mark.parametrize("content", ["", "short\n", "two words here\n"])
def test_a_bad_token_is_refused_and_not_shown(folder: Path, content: str) -> None:
    (folder / "token").write_text(content)
    with pytest.raises(SettingsError, match="printable ASCII") as caught:
        load_settings(GatewaySettings)
    assert "words" not in caught.value.message


def test_an_unwritable_place_is_told(folder: Path) -> None:
    (folder / "token").symlink_to(folder / "nowhere" / "token")
    with pytest.raises(SettingsError, match="cannot be written"):
        make_token()
