"""The text of the unit, for the whole system or for one user."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from contract.settings import SettingsError
from contract.text import has_control

NAME: Final = "sonicmesh.service"
#: The user of the system's unit.
USER: Final = "sonicmesh"
#: Name of the folders of the system's unit below /var/lib and /etc.
FOLDER: Final = "sonicmesh"

_HEAD: Final = """\
[Unit]
Description=Sonic Mesh, recommendations for Navidrome
Documentation=https://www.navidrome.org/docs/usage/features/plugins/
{after}
[Service]
Type=exec
ExecStart={command}
Environment={home}
WorkingDirectory=-{folder}
# SIGTERM goes to supervisord alone, which lets the workers finish what they hold.
KillMode=mixed
TimeoutStopSec=100
Restart=on-failure
RestartSec=5
# Navidrome, which plays the music, goes first.
Nice=5
CPUWeight=50
IOWeight=50
# The mesh takes this as the memory that it has: models on the CPU get half of it.
MemoryHigh=70%
MemorySwapMax=0
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
SystemCallArchitectures=native
"""
_SYSTEM: Final = """\
User={user}
Group={group}
StateDirectory={state}
StateDirectoryMode=0700
ConfigurationDirectory={state}
ConfigurationDirectoryMode=0750
# Reads the system and the music, writes its state folder alone.
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
{devices}ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
CapabilityBoundingSet=
AmbientCapabilities=
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
"""
_FOOT: Final = """\

[Install]
WantedBy={target}
"""


def system_unit(command: Sequence[str], state: Path, *, user: str = USER, group: str = USER, gpu: bool = False) -> str:
    """Return the unit of the system; `state` is its folder below /var/lib, `gpu` lets it see the graphics cards."""
    return (
        _head(command, state, after="Wants=network-online.target\nAfter=network-online.target navidrome.service\n")
        + _SYSTEM.format(user=user, group=group, state=FOLDER, devices="" if gpu else "PrivateDevices=yes\n")
        + _FOOT.format(target="multi-user.target")
    )


def user_unit(command: Sequence[str], folder: Path) -> str:
    """Return the unit of one user, whose service manager may not set up most of the system unit's protection."""
    return _head(command, folder, after="") + _FOOT.format(target="default.target")


def _head(command: Sequence[str], folder: Path, after: str) -> str:
    if set(command[0]) & set("\"'\\$"):
        raise SettingsError(f"{command[0]}: systemd starts no program with quotes, $ or \\ in its path; move it")
    home = _quoted(f"SONICMESH_HOME={folder}")
    words = " ".join(_quoted(word, in_command=True) for word in command)
    return _HEAD.format(after=after, command=words, home=home, folder=_escaped(str(folder)))


def _escaped(text: str) -> str:
    if has_control(text):
        raise SettingsError(f"{text!r} contains control characters, which no unit can hold: rename the folder")
    return text.replace("%", "%%")


def _quoted(text: str, *, in_command: bool = False) -> str:
    """Return `text` as systemd reads it back unchanged: `%` starts a specifier, `$` a variable in commands."""
    text = _escaped(text).replace("\\", "\\\\").replace('"', '\\"')
    if in_command:
        text = text.replace("$", "$$")
    return text if re.fullmatch(r"[\w@%+=:,./$-]+", text) else f'"{text}"'
