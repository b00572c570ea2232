"""`sonicmesh serve`: the mesh in the foreground, for containers and services."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

from cli import output
from cli.programs import supervisor_file
from cli.starting import invitation, notices, parts, prepare
from cli.supervisor import Supervisor
from contract.errors import Conflict
from contract.settings import home, load_settings
from gateway.settings import GatewaySettings
from gateway.token_file import make_token
from workers.folder.opening import look_at
from workers.runtime.settings import WorkerSettings


def serve() -> None:
    """Run the mesh in the foreground until SIGTERM; its log goes to standard output.

    Embeds new music by itself. Without NAVIDROME_DB_PATH, makes a demo library first.
    """
    made = make_token()
    workers = load_settings(WorkerSettings)
    gateway = load_settings(GatewaySettings)
    if Supervisor(workers).running():
        raise Conflict("the mesh is already running here: stop it with `sonicmesh stop`")
    look_at(workers.data)
    if made is not None:
        token, path = made
        output.say(f"made a token, which every caller must send: {token} (kept in {path})")
    scale = prepare(workers, gateway, output.say, foreground=True, quiet=True)
    output.say(f"starting the mesh: {parts(scale)}")
    for line in (*notices(workers), *invitation(gateway)):
        output.say(line)
    _become_supervisord()


def _become_supervisord() -> NoReturn:
    """Continue as supervisord with the same pid: the signals of whoever started this command reach it."""
    environment = os.environ | {"SONICMESH_HOME": str(home())}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
    os.chdir(home())
    sys.stdout.flush()
    arguments = [sys.executable, "-m", "cli.foreground", "-c", str(supervisor_file())]
    os.execve(sys.executable, arguments, environment)
