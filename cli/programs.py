"""Writes what `supervisord.conf` includes.

That is one group per model with one program section per member, and the sections that depend on the folder and the
settings.

`MAX_MEMBERS` members are declared, and as many started as the model's scale says. A declared member can start and stop
by itself, whereas changing a group's `numprocs` would restart the whole group.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import orjson

from cli.supervisor_conf import command, escape, write_whole
from contract.errors import InvalidRequest
from contract.settings import MeshSettings, home
from machine import processors
from workers.models.registry import DEFAULT, FALLBACK, MODELS

#: Members to declare per model: the most that `sonicmesh scale` accepts.
MAX_MEMBERS: Final = 8
#: The programs in supervisord.conf itself, and what Python runs for them.
CORE: Final[Mapping[str, tuple[str, ...]]] = {
    "broker": ("broker",),
    "search": ("workers", "search", "--name", "search"),
    "library": ("workers", "library", "--name", "library"),
    "gateway": ("gateway",),
}

_MEMBER: Final = """\
[program:{member}]
command={command}
priority=30
autostart={autostart}
startretries=10
autorestart=true
stopwaitsecs=60
stopasgroup=true
killasgroup=true
redirect_stderr=true
{log}
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=5
"""
_FOREGROUND = """\
[supervisord]
nodaemon=true
logfile=/dev/null
logfile_maxbytes=0
"""
#: Lines of a program whose output supervisord passes on (`cli/foreground.py`) instead of writing it to a file.
_PASSED_ON = "stdout_logfile=NONE\nstdout_events_enabled=true"


def programs_folder() -> Path:
    """Return the folder that `supervisord.conf` includes."""
    return home() / "run" / "programs"


def member_name(model: str, number: int) -> str:
    """Return the name of a member: `muq_01` is the first worker of `muq`."""
    return f"{model}_{number:02d}"


def default_scale(model: str) -> int:
    """Return the default workers of an enabled model: half the cores for a model without a GPU to share, else one."""
    return min(MAX_MEMBERS, max(1, processors() // 2)) if model in {DEFAULT, FALLBACK} else 1


def _scale_file(settings: MeshSettings) -> Path:
    return settings.data / "scale.json"


def read_scale(settings: MeshSettings, enabled: tuple[str, ...]) -> dict[str, int]:
    """Return the workers per model: the last `sonicmesh scale`, else the default; 0 for models that are not enabled."""
    scale: dict[str, int] = {}
    if _scale_file(settings).exists():
        scale = orjson.loads(_scale_file(settings).read_bytes())
    return {m: scale.get(m, default_scale(m)) if m in enabled else 0 for m in MODELS}


def keep_scale(settings: MeshSettings, changes: Mapping[str, int]) -> None:
    """Store the scale for restarts. Raises `InvalidRequest` for an unknown model or number."""
    for model, number in changes.items():
        if model not in MODELS:
            raise InvalidRequest(f"no model {model!r}; there are {', '.join(MODELS)}")
        if not 0 <= number <= MAX_MEMBERS:
            raise InvalidRequest(f"{model}={number}: 0 to {MAX_MEMBERS} workers are possible")
    path = _scale_file(settings)
    scale = orjson.loads(path.read_bytes()) if path.exists() else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(orjson.dumps(scale | dict(changes)))
    part.replace(path)


def supervisor_file() -> Path:
    """Return the file that supervisord starts with: `supervisord.conf` and everything it includes."""
    return home() / "run" / "supervisord.conf"


def _command(*arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Return the command of a process of the mesh: this Python, with the folder of the mesh."""
    variables = {"SONICMESH_HOME": str(home()), **(environment or {})}
    return command([sys.executable, "-m", *arguments], variables)


def _log(logs: Path, program: str, foreground: bool) -> str:
    return _PASSED_ON if foreground else f"stdout_logfile={escape(logs / f'{program}.log', 'stdout_logfile')}"


def _group(model: str, running: int, logs: Path, foreground: bool) -> str:
    members = [member_name(model, n) for n in range(1, MAX_MEMBERS + 1)]
    sections = [f"[group:{model}]\nprograms={','.join(members)}\npriority=30\n"]
    for number, member in enumerate(members, 1):
        autostart = str(number <= running).lower()
        log = _log(logs, member, foreground)
        run = _command("workers", "embed", model, "--name", member)
        sections.append(_MEMBER.format(member=member, command=run, autostart=autostart, log=log))
    return "\n".join(sections)


def _overrides(settings: MeshSettings, environments: Mapping[str, Mapping[str, str]], foreground: bool) -> str:
    """Return sections that override those of supervisord.conf with values from the folder and the settings."""
    sections = [f"[unix_http_server]\nfile={escape(socket_path(settings), 'file')}\n"]
    for program, arguments in CORE.items():
        run = _command(*arguments, environment=environments.get(program))
        log = _log(settings.logs, program, foreground)
        sections.append(f"[program:{program}]\ncommand={run}\n{log}\n")
    if foreground:
        sections.append(_FOREGROUND)
    return "\n".join(sections)


def in_foreground() -> bool:
    """Return whether the files written last let supervisord stay in the foreground."""
    try:
        return _FOREGROUND in (programs_folder() / "00-mesh.conf").read_text(encoding="utf-8")
    except OSError:
        return False


def socket_path(settings: MeshSettings) -> Path:
    """Return supervisord's own unix socket."""
    return settings.run_dir / "supervisor.sock"


def write_programs(
    settings: MeshSettings,
    enabled: tuple[str, ...],
    library_environment: Mapping[str, str],
    *,
    foreground: bool = False,
) -> dict[str, int]:
    """Write the included files and return the scale that they start with.

    Only the library worker gets `library_environment` (the demo library's database). The broker gets the list of
    services to expect, so that it queues for them even before their first worker registers. With `foreground`,
    supervisord stays in the foreground, and what the processes write goes to its standard output instead of files.
    """
    folder = programs_folder()
    folder.mkdir(parents=True, exist_ok=True)
    scale = read_scale(settings, enabled)
    for old in folder.glob("*.conf"):
        old.unlink()
    for model, running in scale.items():
        (folder / f"{model}.conf").write_text(_group(model, running, settings.logs, foreground), encoding="utf-8")
    expected = ",".join(["search", "library", *(MODELS[model].service for model in enabled)])
    environments = {"broker": {"SONICMESH_EXPECTED_SERVICES": expected}, "library": library_environment}
    (folder / "00-mesh.conf").write_text(_overrides(settings, environments, foreground), encoding="utf-8")
    write_whole(_core_file(), home(), sorted(folder.glob("*.conf")), supervisor_file())
    return scale


def _core_file() -> Path:
    """Return the person's own `supervisord.conf`, else that of this package."""
    own = home() / "supervisord.conf"
    return own if own.exists() else Path(__file__).with_name("supervisord.conf")
