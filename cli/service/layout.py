"""Where a service keeps its files: as Debian's packages do, or in one folder of a user."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.service.unit import FOLDER, NAME, USER
from contract.errors import Forbidden, InvalidRequest

#: First settings of the system's service. PrivateTmp hides /tmp, where the recommender fork of Navidrome looks.
SETTINGS: Final = f"""\
# Settings of Sonic Mesh: `sonicmesh config` lists them all. After a change: systemctl restart sonicmesh
#NAVIDROME_DB_PATH=/var/lib/navidrome/navidrome.db
#SONICMESH_PATH_MAP=/music=/mnt/nas/music
SONICMESH_DATA=/var/lib/{FOLDER}/data
NAVIDROME_EMBED_SOCKET=/var/lib/{FOLDER}/run/navidrome_embed.sock
"""


@dataclass(frozen=True, slots=True)
class SystemLayout:
    """/etc for the unit and the settings, /var/lib for everything else; below `root`, which is / but in tests."""

    root: Path = Path("/")

    @property
    def unit(self) -> Path:
        return self.root / "etc/systemd/system" / NAME

    @property
    def settings(self) -> Path:
        return self.root / "etc" / FOLDER / f"{FOLDER}.env"

    @property
    def state(self) -> Path:
        return self.root / "var/lib" / FOLDER


def user_unit_file() -> Path:
    """Return the path of the user's own unit."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "systemd/user" / NAME


def command() -> list[str]:
    """Return the command line of the service, with absolute paths."""
    beside = Path(sys.executable).parent / "sonicmesh"
    return [str(beside), "serve"] if beside.exists() else [sys.executable, "-m", "cli.main", "serve"]


def refuse_unreachable(path: Path) -> None:
    """Raise `InvalidRequest` if other users cannot enter a folder above `path`, such as /root."""
    for folder in path.absolute().parents:
        if folder.exists() and not folder.stat().st_mode & 0o001:
            raise InvalidRequest(
                f"a service cannot run {path}: {folder} is closed to other users. Install Sonic Mesh where all can "
                "read it (`sudo PIPX_HOME=/opt/pipx PIPX_BIN_DIR=/usr/local/bin pipx install sonic-mesh`), "
                "or install a service of your own with `--user`"
            )


def make_user(name: str) -> bool:
    """Create the system user if there is none; return whether it was created. Raises `Forbidden`."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        pass
    else:
        return False
    if name != USER:
        raise InvalidRequest(f"there is no user {name!r}")
    made = subprocess.run(
        ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", name],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise Forbidden(f"the user {name} cannot be created: {made.stderr.strip()}")
    return True


def lay_out(layout: SystemLayout, user: str | None) -> None:
    """Make the folders and the first settings; nothing that exists is changed. `user` gets them (None: nobody).

    The state folder's `.env` is a link to the settings in /etc, so that the command and the service read the same file.
    """
    layout.settings.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    layout.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not layout.settings.exists():
        layout.settings.write_text(SETTINGS, encoding="utf-8")
        layout.settings.chmod(0o640)
    link = layout.state / ".env"
    if not link.exists() and not link.is_symlink():
        link.symlink_to(Path("/") / layout.settings.relative_to(layout.root))
    if user is not None:
        account = pwd.getpwnam(user)
        os.chown(layout.state, account.pw_uid, account.pw_gid)
        os.chown(layout.settings.parent, 0, account.pw_gid)
        os.chown(layout.settings, 0, account.pw_gid)
