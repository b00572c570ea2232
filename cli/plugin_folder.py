"""The plugin's file in Navidrome's plugin folder, which only Navidrome may access (mode 0700)."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path
from typing import Final

from cli.owners import group_name, user_name
from contract.errors import Forbidden, InvalidRequest, NotFound

#: Name of the file in Navidrome's folder. It is also the plugin's id, which `ND_AGENTS` names.
NAME: Final = "sonicmesh.ndp"


def place(package: Path, folder: Path, *, make_folder: bool = False) -> bool:
    """Copy the file if needed, into a new folder (mode 0700) if `make_folder`; return whether it was.

    Raises `NotFound`, `Forbidden` with the commands to type, `InvalidRequest`.
    """
    target = folder / NAME
    try:
        if make_folder:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Path.is_dir and Path.exists raise if a folder above may not be entered.
        if not folder.is_dir():
            raise NotFound(
                f"there is no folder {folder}: name the folder `plugins` in Navidrome's "
                "data folder (create it if needed)"
            )
        changed = not target.exists() or target.read_bytes() != package.read_bytes()
        if changed:
            _copy(package, target)
    except PermissionError:
        raise Forbidden(_what_to_type(package, folder)) from None
    except OSError as error:
        raise InvalidRequest(f"{target} cannot be written: {error.strerror}") from None
    return changed


def _copy(package: Path, target: Path) -> None:
    """Copy the file in one step: Navidrome watches the folder and must never see half a file."""
    unfinished = target.with_suffix(".part")
    shutil.copyfile(package, unfinished)
    unfinished.chmod(0o644)
    unfinished.replace(target)


def _what_to_type(package: Path, folder: Path) -> str:
    """Return the commands that do the same by hand, with the rights of the folder's owner."""
    closed, nearest = _nearest(folder)
    owner, group = user_name(nearest.st_uid), group_name(nearest.st_gid)
    whose = f"-o {owner} -g {group}"
    target = folder / NAME
    unfinished = target.with_suffix(".part")
    source, part, whole = (shlex.quote(str(path.absolute())) for path in (package, unfinished, target))
    make = "" if closed == folder else f"sudo install -d -m 700 {whose} {shlex.quote(str(folder.absolute()))} && "
    return (
        f"{closed} belongs to {owner} and is closed to {user_name(os.geteuid())} (mode {nearest.st_mode & 0o7777:04o}; "
        f"Navidrome keeps its folders to itself). Run this, then follow the steps below:\n"
        f"{make}sudo install -m 644 {whose} {source} {part} && sudo mv {part} {whole}"
    )


def _nearest(folder: Path) -> tuple[Path, os.stat_result]:
    """Return the folder if it is accessible, else the nearest accessible one above it."""
    for path in (folder, *folder.absolute().parents):
        try:
            return path, path.stat()
        except OSError:
            continue
    return Path("/"), Path("/").stat()
