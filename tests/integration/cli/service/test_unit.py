"""The units of systemd: systemd itself reads them, and says how well they are protected."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from cli.service.layout import SystemLayout, lay_out, refuse_unreachable
from cli.service.unit import system_unit, user_unit
from contract.errors import InvalidRequest
from contract.settings import SettingsError

#: The worst exposure, from 0 (best) to 10, that `systemd-analyze security` may give the system's unit.
WORST_EXPOSURE = 2.0
#: A program that every machine has, in place of ours: systemd checks that it exists.
TRUE = shutil.which("true") or "/bin/true"

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")


def analyze(*arguments: str, folder: Path) -> str:
    environment = os.environ | {"XDG_RUNTIME_DIR": str(folder)}
    done = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@needs_systemd
@pytest.mark.parametrize("gpu", [False, True])
def test_systemd_accepts_the_systems_unit(tmp_path: Path, gpu: bool) -> None:
    unit = tmp_path / "sonicmesh.service"
    unit.write_text(system_unit([TRUE, "serve"], Path("/var/lib/sonicmesh"), user="root", group="root", gpu=gpu))
    assert analyze("verify", str(unit), folder=tmp_path) == ""


@needs_systemd
def test_systemd_accepts_the_users_unit(tmp_path: Path) -> None:
    unit = tmp_path / "sonicmesh.service"
    unit.write_text(user_unit([TRUE, "serve"], tmp_path))
    assert analyze("verify", "--user", str(unit), folder=tmp_path) == ""


@needs_systemd
def test_the_systems_unit_is_well_protected(tmp_path: Path) -> None:
    unit = tmp_path / "sonicmesh.service"
    unit.write_text(system_unit([TRUE, "serve"], Path("/var/lib/sonicmesh")))
    told = analyze("security", "--offline=true", str(unit), folder=tmp_path)
    found = re.search(r"Overall exposure level for sonicmesh.service: ([\d.]+)", told)
    assert found is not None, told
    assert float(found[1]) <= WORST_EXPOSURE


@needs_systemd
@pytest.mark.parametrize("name", ["a mesh", "100%", "semi;colon", "ünï"])
def test_folders_reach_systemd_unchanged(tmp_path: Path, name: str) -> None:
    """systemd finds the program in such a folder, and would complain about a missing one."""
    folder = tmp_path / name
    folder.mkdir()
    program = folder / "sonicmesh"
    shutil.copy(TRUE, program)
    unit = tmp_path / "sonicmesh.service"
    unit.write_text(user_unit([str(program), "serve"], folder))
    assert analyze("verify", "--user", str(unit), folder=tmp_path) == ""
    program.unlink()
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", str(unit)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)},
    )
    assert "is not executable" in done.stderr


@needs_systemd
@pytest.mark.parametrize("name", ['quo"te', "dollar$HOME", "back\\slash"])
def test_any_folder_can_be_the_mesh(tmp_path: Path, name: str) -> None:
    unit = tmp_path / "sonicmesh.service"
    unit.write_text(user_unit([TRUE, "serve"], tmp_path / name))
    assert analyze("verify", "--user", str(unit), folder=tmp_path) == ""
    with pytest.raises(SettingsError, match="move it"):
        user_unit([str(tmp_path / name / "sonicmesh"), "serve"], tmp_path)


def test_a_line_break_cannot_add_a_line() -> None:
    with pytest.raises(SettingsError, match="control characters"):
        system_unit(["/bin/true"], Path("/var/lib/x\nExecStartPre=/bin/false"))


def test_first_settings_are_written_once_and_linked(tmp_path: Path) -> None:
    layout = SystemLayout(tmp_path)
    lay_out(layout, None)
    assert layout.settings.stat().st_mode & 0o777 == 0o640
    assert layout.state.stat().st_mode & 0o777 == 0o700
    assert (layout.state / ".env").readlink() == Path("/etc/sonicmesh/sonicmesh.env")
    layout.settings.write_text("SONICMESH_MODELS=spectral\n")
    lay_out(layout, None)
    assert layout.settings.read_text() == "SONICMESH_MODELS=spectral\n"


def test_a_program_that_other_users_cannot_reach_is_refused(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(InvalidRequest, match=r"closed to other users.*pipx"):
        refuse_unreachable(closed / "bin" / "sonicmesh")
