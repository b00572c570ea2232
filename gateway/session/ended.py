"""Sessions that somebody has ended: a stolen cookie stays useless, whichever gateway gets it and after a restart."""

from __future__ import annotations

import hashlib
import logging
import time
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Final

from contract.errors import MeshError
from contract.private import KEYS, private_folder
from gateway.session.session import Session

log = logging.getLogger(__name__)

#: The folder in the data folder, with an empty file per ended session, named by a digest of its secret.
NAME: Final = f"{KEYS}.ended"
#: Most ended sessions to remember until they expire.
MAX_ENDED: Final = 10_000


class EndedSessions:
    """Ended sessions, until they would have expired anyway: `lifetime` in seconds, from their last use.

    Where the folder cannot be written, only this process knows them.
    """

    def __init__(self, data: Path, lifetime: float) -> None:
        self._folder = data / NAME
        self._lifetime = lifetime
        self._here: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, session: Session) -> bool:
        name = _name(session)
        return name in self._here or (self._folder / name).exists()

    def add(self, session: Session) -> None:
        """Remember that this session has ended, and forget those that have expired."""
        name = _name(session)
        self._here[name] = None
        if len(self._here) > MAX_ENDED:
            self._here.popitem(last=False)
        try:
            private_folder(self._folder)
            (self._folder / name).touch(mode=0o600)
            self._forget_expired()
        except (OSError, MeshError) as error:
            log.warning("only this process knows who has signed out: %s cannot be written: %s", self._folder, error)

    def _forget_expired(self) -> None:
        ended = []
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):  # another gateway forgets, too
                ended.append((path.stat().st_mtime, path))
        ended.sort()
        expired = time.time() - self._lifetime
        for place, (at, path) in enumerate(reversed(ended)):
            if at < expired or place >= MAX_ENDED:
                path.unlink(missing_ok=True)


def _name(session: Session) -> str:
    return hashlib.sha256(session.csrf.encode()).hexdigest()
