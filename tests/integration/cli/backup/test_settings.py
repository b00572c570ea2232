"""The `.env` in a backup: nobody's settings are used unseen."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from cli.backup.progress import Bars
from cli.backup.save import save
from cli.main import app
from contract.settings_file import values, write_settings
from tests.integration.cli.backup.conftest import Enter, zipped
from workers.library.state.database import StateDatabase

SETTINGS = "settings.env"


@pytest.fixture
def saved(enter: Enter, quiet: Bars, tmp_path: Path) -> Path:
    """A backup with settings, and a state without anything in it."""
    settings = enter("old")
    StateDatabase(settings.data).close()
    (tmp_path / "old" / ".env").write_text("SONICMESH_DATA='else where'\nSONICMESH_TOKEN=hidden-token\n")
    file = tmp_path / "mesh.backup"
    save(settings, file, quiet, force=False, with_secrets=True)
    enter("new")
    return file


def forged(file: Path, text: str) -> None:
    """Another `.env` in a backup, with the right checksum."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = orjson.loads(members["manifest.json"])
    content = text.encode()
    manifest["members"][SETTINGS] |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    file.write_bytes(zipped(members | {SETTINGS: content, "manifest.json": orjson.dumps(manifest)}))


def run(*arguments: str, answer: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(app, ["restore", *arguments], input=answer)
    return done.exit_code, done.output


def test_settings_are_shown_and_asked_for(saved: Path, tmp_path: Path) -> None:
    env = tmp_path / "new" / ".env"
    # When nobody answers
    code, told = run(str(saved))
    # Then nothing happens
    assert code == 1
    assert "SONICMESH_DATA=else where" in told
    assert "hidden-token" not in told
    assert list((tmp_path / "new").iterdir()) == []
    # When they are refused, the rest is restored
    code, told = run(str(saved), answer="n\n")
    assert (code, env.exists(), (tmp_path / "new" / "data").is_dir()) == (0, False, True)
    assert "left out" in told
    # When they are taken, they count
    code, _ = run(str(saved), "--force", answer="y\n")
    assert (code, env.exists(), (tmp_path / "new" / "else where").is_dir()) == (0, True, True)
    # When there are settings, nobody is asked
    assert run(str(saved), "--force")[0] == 0


def test_scripts_say_what_they_want(saved: Path, tmp_path: Path) -> None:
    env = tmp_path / "new" / ".env"
    code, told = run(str(saved), "--json")
    assert code == 2
    assert orjson.loads(told)["error"]["code"] == "invalid_request"
    assert "--settings" in told
    code, told = run(str(saved), "--json", "--no-settings")
    assert (code, orjson.loads(told)["settings"], env.exists()) == (0, "refused", False)
    code, told = run(str(saved), "--json", "--settings", "--force")
    assert (code, orjson.loads(told)["settings"], env.exists()) == (0, "written", True)


def test_settings_that_hide_something_are_refused_and_shown_harmlessly(saved: Path, tmp_path: Path) -> None:
    # Given a backup made by hand
    forged(
        saved,
        'LOG_DIR="/tmp/x\\n[program:evil]\\ncommand=touch /tmp/pwned\\n;"\nOTHER="\x1b[2J\\nSONICMESH_DATA=fine"\n',
    )
    # When
    code, told = run(str(saved), answer="y\n")
    # Then
    assert code == 2
    assert "LOG_DIR=/tmp/x\\n[program:evil]" in told
    assert "control characters" in told
    assert "\x1b" not in told
    assert "\nSONICMESH_DATA=fine" not in told
    assert list((tmp_path / "new").iterdir()) == []


def test_what_the_first_run_chose_is_in_it_and_env_wins(enter: Enter, quiet: Bars, tmp_path: Path) -> None:
    # Given a mesh that was set up on its page, with one setting changed by hand later
    settings = enter("old")
    StateDatabase(settings.data).close()
    write_settings(settings.data, {"NAVIDROME_DB_PATH": "/n/navidrome.db", "NAVIDROME_URL": "http://old:4533"})
    (tmp_path / "old" / ".env").write_text("NAVIDROME_URL=http://new:4533\n")
    save(settings, tmp_path / "mesh.backup", quiet, force=False, with_secrets=False)
    # When it is restored elsewhere
    enter("new")
    assert run(str(tmp_path / "mesh.backup"), "--settings", "--json")[0] == 0
    # Then that mesh is set up, too
    told = values(tmp_path / "new" / ".env")
    assert told == {"NAVIDROME_DB_PATH": "/n/navidrome.db", "NAVIDROME_URL": "http://new:4533"}
