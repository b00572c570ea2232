"""Creates the upload socket with its permissions, replacing one that a dead gateway left behind."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from pathlib import Path
from typing import Final

from contract.settings import SettingsError

#: Connections that wait to be accepted.
BACKLOG: Final = 128
#: Seconds that a live gateway may take to accept a connection.
PROBE_SECONDS: Final = 2.0


def listen(path: Path, mode: int) -> socket.socket:
    """Return a listening unix socket at `path`, never more accessible than `mode` allows.

    Raises `SettingsError` if another gateway listens there, if `path` is something else, or if it cannot be created.
    """
    _check_free(path)
    made = path.with_name(f".{path.name[:40]}.{os.getpid()}")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            listener.bind(str(made))
        finally:
            os.umask(before)
        made.chmod(mode)
        listener.listen(BACKLOG)
        made.replace(path)
    except OSError as error:
        listener.close()
        with contextlib.suppress(OSError):
            made.unlink(missing_ok=True)
        raise SettingsError(f"NAVIDROME_EMBED_SOCKET={path}: the socket cannot be created: {error}") from None
    listener.setblocking(False)
    return listener


def remove(path: Path, inode: int) -> None:
    """Remove the socket, unless another one has taken its place."""
    with contextlib.suppress(OSError):
        if path.lstat().st_ino == inode:
            path.unlink()


def _check_free(path: Path) -> None:
    """Raises `SettingsError` unless `path` is free or a socket that nobody listens on."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise SettingsError(f"NAVIDROME_EMBED_SOCKET={path}: {error.strerror}") from None
    if not stat.S_ISSOCK(status.st_mode):
        raise SettingsError(
            f"NAVIDROME_EMBED_SOCKET={path}: this is not a socket and is not removed; choose another path"
        )
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(PROBE_SECONDS)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return
        except TimeoutError:
            pass  # a busy gateway listens
        except OSError as error:
            raise SettingsError(f"NAVIDROME_EMBED_SOCKET={path}: {error.strerror}; another user may own it") from None
    raise SettingsError(
        f"NAVIDROME_EMBED_SOCKET={path}: another gateway listens there; stop it, or choose another path (off: none)"
    )
