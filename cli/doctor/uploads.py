"""The unix socket of uploads: whether Navidrome reaches the gateway there, and whether it can be made."""

from __future__ import annotations

import socket
import stat
from pathlib import Path
from typing import Final

from cli.doctor.finding import Finding, note, ok, wrong
from gateway.upload.settings import OFF, UploadSocketSettings

#: Seconds that somebody who listens may take to accept.
CONNECT_SECONDS: Final = 2.0
ANOTHER: Final = "set NAVIDROME_EMBED_SOCKET to another path, or to off"


def check_uploads(settings: UploadSocketSettings, *, running: bool) -> Finding:
    """Of a mesh that runs: whether its gateway listens. Else whether a gateway can take the place."""
    if settings.embed_socket == OFF:
        return ok("uploads", "the socket is off (NAVIDROME_EMBED_SOCKET)")
    path = Path(settings.embed_socket)
    try:
        is_socket = stat.S_ISSOCK(path.lstat().st_mode)
    except FileNotFoundError:
        return _absent(path, running=running)
    except OSError as error:
        return wrong("uploads", f"{path} cannot be looked at: {error.strerror}", ANOTHER)
    if not is_socket:
        return wrong("uploads", f"{path} is no socket, and a gateway does not replace it", f"remove it, or {ANOTHER}")
    return _reached(path, running=running)


def _absent(path: Path, *, running: bool) -> Finding:
    if running:
        return wrong("uploads", f"{path} is gone: Navidrome reaches nobody", "`supervisorctl restart gateway` makes it")
    if not path.parent.is_dir():
        return wrong("uploads", f"{path.parent} is no folder", f"make it, or {ANOTHER}")
    return ok("uploads", f"{path} will be made")


def _reached(path: Path, *, running: bool) -> Finding:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(CONNECT_SECONDS)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            if running:
                return wrong("uploads", f"nobody listens at {path}", "`supervisorctl restart gateway`")
            return ok("uploads", f"{path} is of a gateway that died; the next one replaces it")
        except TimeoutError:
            return note("uploads", f"whoever listens at {path} is busy", "wait, or look into gateway.log")
        except OSError as error:
            return wrong("uploads", f"{path}: {error.strerror}", f"see who made it (ls -l), or {ANOTHER}")
    if running:
        return ok("uploads", f"the gateway listens at {path}")
    return wrong("uploads", f"another gateway listens at {path}", f"stop it, or {ANOTHER}")
