"""Uploads: whether Navidrome can reach the gateway's unix socket, and whether the mesh may read the files."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path
from typing import Final

from cli.doctor.finding import Finding, Findings, note, ok, wrong
from cli.owners import group_name, groups_of, user_name
from gateway.upload.settings import OFF, UploadSocketSettings

#: Seconds that a listening process may take to accept.
CONNECT_SECONDS: Final = 2.0
#: The user who may do everything.
ROOT: Final = 0
ANOTHER: Final = "set NAVIDROME_EMBED_SOCKET to another path, or to off"


def check_uploads(settings: UploadSocketSettings, *, running: bool) -> Finding:
    """Check that the gateway listens if the mesh runs, else that a gateway could listen there."""
    if settings.embed_socket == OFF:
        return ok("uploads", "the socket is off (NAVIDROME_EMBED_SOCKET)")
    path = Path(settings.embed_socket)
    try:
        is_socket = stat.S_ISSOCK(path.lstat().st_mode)
    except FileNotFoundError:
        return _absent(path, running=running)
    except OSError as error:
        return wrong("uploads", f"{path} cannot be checked: {error.strerror}", ANOTHER)
    if not is_socket:
        return wrong(
            "uploads", f"{path} is not a socket, and the gateway does not replace it", f"remove it, or {ANOTHER}"
        )
    return _reached(path, running=running)


def _absent(path: Path, *, running: bool) -> Finding:
    if running:
        return wrong(
            "uploads", f"{path} is gone: Navidrome cannot connect", "`supervisorctl restart gateway` creates it"
        )
    if not path.parent.is_dir():
        return wrong("uploads", f"{path.parent} is not a folder", f"create it, or {ANOTHER}")
    return ok("uploads", f"{path} will be created")


def _reached(path: Path, *, running: bool) -> Finding:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(CONNECT_SECONDS)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            if running:
                return wrong("uploads", f"nothing listens at {path}", "`supervisorctl restart gateway`")
            return ok("uploads", f"{path} was left by a gateway that died; the next one replaces it")
        except TimeoutError:
            return note("uploads", f"the process that listens at {path} is busy", "wait, or see gateway.log")
        except OSError as error:
            return wrong("uploads", f"{path}: {error.strerror}", f"see who created it (ls -l), or {ANOTHER}")
    if running:
        return ok("uploads", f"the gateway listens at {path}")
    return wrong("uploads", f"another gateway listens at {path}", f"stop it, or {ANOTHER}")


def check_upload_users(settings: UploadSocketSettings, database: Path | None) -> Findings:
    """Check that the user of Navidrome (the owner of its database) and that of the mesh can exchange files."""
    if settings.embed_socket == OFF or database is None:
        return
    try:
        navidrome = database.stat().st_uid
    except OSError:
        return  # the check of the database reports the problem
    made = _socket(Path(settings.embed_socket))
    mesh = os.geteuid() if made is None else made.st_uid
    if navidrome == mesh:
        yield ok("upload users", f"Navidrome and the mesh both run as {user_name(mesh)}")
        return
    mode = settings.embed_socket_mode if made is None else stat.S_IMODE(made.st_mode)
    group = os.getegid() if made is None else made.st_gid
    problems = []
    if navidrome != ROOT and not _lets_in(navidrome, mode, group):
        problems.append(
            f"the socket (mode {mode:04o}, group {group_name(group)}) does not let {user_name(navidrome)} in"
        )
    if mesh != ROOT:
        problems.append(f"only {user_name(navidrome)} can read uploaded files")
    text = f"Navidrome runs as {user_name(navidrome)}, the mesh as {user_name(mesh)}"
    if not problems:
        yield ok("upload users", f"{text}, and both have the rights that uploads need")
        return
    yield note(
        "upload users",
        f"{text}: uploads of the recommender fork cannot work: {'; '.join(problems)}",
        f"if you want uploads, run the mesh as {user_name(navidrome)}; everything else works",
    )


def _socket(path: Path) -> os.stat_result | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return status if stat.S_ISSOCK(status.st_mode) else None


def _lets_in(uid: int, mode: int, group: int) -> bool:
    """Return whether a user who does not own the socket may connect, which takes the right to write."""
    return bool(mode & stat.S_IWGRP if group in groups_of(uid) else mode & stat.S_IWOTH)
