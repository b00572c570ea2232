"""Files and folders that only one user can access."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.errors import FileUnreadable, Forbidden
from contract.private import check_owner, new_file, open_to_others, private_folder
from contract.settings import MeshSettings, SettingsError
from workers.library.uploads.cue.folders import PartFolders


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder where everybody may create folders, like /tmp."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


@pytest.fixture
def another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files created here now belong to another user."""
    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 4711)


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_folder_that_another_user_made_beforehand_is_refused(shared: Path, another: None) -> None:
    (shared / "run").mkdir()
    (shared / "theirs" / "deep").mkdir(parents=True)
    (shared / "link").symlink_to(shared.parent)
    for place in ("run", "theirs/deep", "theirs/deep/new", "link"):
        if os.getuid() == 0 and place.startswith("theirs"):
            continue  # root's folders are trusted above, and that is who made these
        with pytest.raises(Forbidden, match="belongs to another user"):
            private_folder(shared / place)


def test_ones_own_are_taken_and_closed(shared: Path, open_umask: None) -> None:
    made = private_folder(shared / "a" / "run", close=True)
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    made.chmod(0o755)
    private_folder(made)
    assert stat.S_IMODE(made.stat().st_mode) == 0o755, "what a person opened stays open"
    private_folder(made, close=True)
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    check_owner(shared / "not there")


def test_the_run_folder_of_a_long_path_is_refused_when_it_was_made_beforehand(
    shared: Path, another: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(shared))
    run = shared.parent / ("long" * 30)
    digest = hashlib.sha256(os.fsencode(run)).hexdigest()[:12]
    (shared / f"sonicmesh-{os.getuid()}-{digest}").mkdir()
    with pytest.raises(SettingsError, match=r"SONICMESH_RUN.*another user"):
        MeshSettings(SONICMESH_RUN=run).broker_endpoint  # noqa: B018  it is worked out when it is asked for


def test_parts_are_not_put_into_the_folder_of_another(shared: Path, another: None) -> None:
    (shared / "splits" / "split-x").mkdir(parents=True)
    folders = PartFolders(shared / "splits")
    with pytest.raises(FileUnreadable, match="another user"):
        folders.make()
    assert folders.clean(2e9) == 0


def test_new_files_are_closed_whatever_the_umask(tmp_path: Path, open_umask: None) -> None:
    with new_file(tmp_path / "a") as file:
        file.write(b"x")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_what_others_can_read_is_found(tmp_path: Path, open_umask: None) -> None:
    folder, closed = tmp_path / "data", tmp_path / "closed"
    for each in (folder, closed):
        each.mkdir()
        (each / "state.db").touch()
    closed.chmod(0o700)
    (folder / "link").symlink_to("/etc")
    assert list(open_to_others([folder, closed, tmp_path / "gone"])) == [folder, folder / "state.db"]


@pytest.mark.parametrize("module", ["broker", "gateway", "workers", "cli.main"])
def test_every_process_closes_what_it_makes(module: str, tmp_path: Path) -> None:
    """Each is started with a setting that is refused later, under an umask that lets everybody in."""
    code = (
        "import os, runpy, sys; os.umask(0); sys.argv = sys.argv[1:];\n"
        "try: runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)\n"
        "except SystemExit: pass\n"
        "finally: print('umask %o' % os.umask(0))"
    )
    arguments = {"workers": ["library", "--name", "x"], "cli.main": ["config"]}.get(module, [])
    if module != "cli.main":  # a folder that cannot be made ends the others soon after they began
        (tmp_path / "data").write_text("in the way")
    environment = {
        **os.environ,
        "SONICMESH_HOME": str(tmp_path),
        "SONICMESH_RUN": str(tmp_path / "run"),
        "NAVIDROME_EMBED_SOCKET": str(tmp_path / "data" / "socket"),
    }
    command = [sys.executable, "-c", code, module, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert "umask 77" in done.stdout, done.stderr
