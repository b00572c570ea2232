"""supervisord reads what we write, whatever folders and settings are called; supervisord itself is asked."""

from __future__ import annotations

import shlex
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from supervisor.options import ServerOptions

from cli.programs import CORE, socket_path, supervisor_file, write_programs
from cli.supervisor_conf import command, escape
from contract.settings import SettingsError, load_settings
from tests.harness.places import REPOSITORY
from workers.runtime.settings import WorkerSettings

#: Names of folders, mostly with characters that are special to supervisord, shells and patterns.
NAMES = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="/"),
        st.sampled_from(" %;#\"'\\[]{}*?()=$:,~"),
    ),
    min_size=1,
    max_size=30,
).filter(lambda name: name not in {".", ".."} and len(name.encode()) < 100)
VALUES = st.text(st.one_of(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), st.sampled_from(" %;#\"'\\()")))
ODD = ["100% music", "Music #1", "a ;b", 'say "hi"', "it's", "%(here)s", "%%(x)s", "[FLAC] *?", " # ", "%", "#a", "~"]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="sm"))
    yield path
    shutil.rmtree(path)


def read(conf: Path) -> Any:
    """The configuration as supervisord reads it."""
    options = ServerOptions()
    options.configfile, options.here = str(conf), str(conf.parent)
    return options.read_config(str(conf))


def programs(section: Any) -> dict[str, Any]:
    return {each.name: each for group in section.process_group_configs for each in group.process_configs}


@given(VALUES, VALUES)
@example("/a %(here)s # b", "%(here)s")
@settings(max_examples=200)
def test_values_come_back_as_they_were(folder: Path, value: str, other: str) -> None:
    # Given
    (folder / "logs").mkdir(exist_ok=True)
    log = f"{folder}/logs/{value.replace('/', '-')}"
    line = command(["python", "-m", other], {"NAME": value})
    conf = folder / "property.conf"
    conf.write_text(
        f"[supervisord]\nlogfile={escape(log, 'logfile')}\n"
        f"[program:x]\ncommand={line}\nstdout_logfile={escape(log, 'stdout_logfile')}\n",
        encoding="utf-8",
    )
    # When
    section = read(conf)
    # Then
    found = programs(section)["x"]
    assert section.logfile == found.stdout_logfile == log
    assert shlex.split(found.command) == ["env", f"NAME={value}", "python", "-m", other]


def start_in(home: Path, logs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write everything for a mesh in this folder, and look at what supervisord makes of it."""
    for made in (home, home / logs, home / "logs"):
        made.mkdir(parents=True, exist_ok=True)
    shutil.copy(REPOSITORY / "supervisord.conf", home)
    monkeypatch.setenv("SONICMESH_HOME", str(home))
    monkeypatch.setenv("LOG_DIR", str(home / logs))
    monkeypatch.setenv("PATH", f'/odd "%(x)s" # path;:{home}')
    loaded = load_settings(WorkerSettings)
    write_programs(loaded, ("spectral",), {"NAVIDROME_DB_PATH": f"{home}/demo.db"})
    section = read(supervisor_file())
    assert section.logfile == f"{home}/logs/supervisord.log"
    assert section.pidfile == f"{home}/run/supervisord.pid"
    assert [Path(config["file"]) for config in section.server_configs] == [socket_path(loaded)]
    found = programs(section)
    assert {*CORE, "spectral_01", "spectral_08", "muq_01"} <= set(found)
    for name, program in found.items():
        assert Path(program.stdout_logfile) == loaded.logs / f"{name}.log"
        assert f"SONICMESH_HOME={home}" in shlex.split(program.command)
    assert f"NAVIDROME_DB_PATH={home}/demo.db" in shlex.split(found["library"].command)


@pytest.mark.parametrize("name", ODD)
def test_a_mesh_in_a_folder_of_any_name(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    start_in(folder / f"x {name}", f"logs {name}", monkeypatch)


@given(NAMES, NAMES)
@settings(max_examples=40)
def test_no_folder_stops_a_mesh(folder: Path, name: str, logs: str) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        start_in(folder / "h" / name, logs, monkeypatch)
    shutil.rmtree(folder / "h")


@pytest.mark.parametrize("value", ["/a\n[program:evil]", "/a\rb", "/a\x00b", "/a\u2028b", "/a\udcff"])
def test_what_no_line_can_hold_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match="control characters"):
        escape(value)
