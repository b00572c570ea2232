"""`sonicmesh service`: the mesh as a service of systemd that starts with the machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from cli import output
from cli.commands.options import AsJson
from cli.service.layout import SystemLayout, command, lay_out, make_user, refuse_unreachable, user_unit_file
from cli.service.systemctl import available, systemctl
from cli.service.unit import NAME, USER, system_unit, user_unit
from contract.errors import Forbidden
from contract.settings import home

#: Where the settings and the state of the system's service are.
SYSTEM: Final = SystemLayout()

ForUser = Annotated[bool, typer.Option("--user", help="A service of this user, not of the system.")]


def install(
    user: ForUser = False,
    run_as: Annotated[str, typer.Option("--as", help="User of the system's service, such as Navidrome's.")] = USER,
    gpu: Annotated[bool, typer.Option("--gpu", help="Let the service see the graphics cards.")] = False,
    start: Annotated[bool, typer.Option(help="Start it now, and with the machine.")] = True,
    show: Annotated[bool, typer.Option("--print", help="Print the unit and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a unit for systemd. The system's: settings in /etc/sonicmesh, the rest in /var/lib/sonicmesh."""
    if user:
        file, settings, text = user_unit_file(), home() / ".env", user_unit(command(), home())
    else:
        file, settings = SYSTEM.unit, SYSTEM.settings
        text = system_unit(command(), SYSTEM.state, user=run_as, group=run_as, gpu=gpu)
    if show:
        typer.echo(text, nl=False)
        return
    if not user:
        _make_room(run_as)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    running = start and available(user=user)
    if running:
        systemctl("daemon-reload", user=user)
        systemctl("enable", "--now", NAME, user=user)
    if as_json:
        output.print_json({"unit": str(file), "settings": str(settings), "started": running})
        return
    output.say(f"{file}: written; settings in {settings}")
    ctl = "systemctl --user" if user else "sudo systemctl"
    output.say("started" if running else f"start it with: {ctl} daemon-reload && {ctl} enable --now {NAME}")
    output.say(f"its log: journalctl {'--user ' if user else ''}-u {NAME}")


def remove(user: ForUser = False, as_json: AsJson = False) -> None:
    """Stop the service and delete its unit. Settings, vectors and the user remain."""
    file = user_unit_file() if user else SYSTEM.unit
    if not user:
        _require_root()
    there = file.exists()
    if there and available(user=user):
        systemctl("disable", "--now", NAME, user=user)
    file.unlink(missing_ok=True)
    if there and available(user=user):
        systemctl("daemon-reload", user=user)
    kept = [str(home())] if user else [str(SYSTEM.settings), str(SYSTEM.state)]
    if as_json:
        output.print_json({"removed": there, "kept": kept})
        return
    output.say(f"{file}: {'removed' if there else 'was not there'}; kept: {', '.join(kept)}")


def _make_room(run_as: str) -> None:
    """Make the user and the folders of the system's service."""
    _require_root()
    refuse_unreachable(Path(command()[0]))
    make_user(run_as)
    lay_out(SYSTEM, run_as)


def _require_root() -> None:
    if os.geteuid() != 0:
        raise Forbidden("the system's service needs root: run this with sudo, or add `--user` for one of your own")
