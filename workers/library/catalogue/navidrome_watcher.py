"""Follows Navidrome's database: notices scans, keeps the catalogue in sync, reports when it cannot."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from broker.events import EventPublisher
from contract.errors import NavidromeUnavailable
from contract.library import LibraryState
from workers.library.catalogue.catalogue import Catalogue, CatalogueTrack, Changes
from workers.library.catalogue.changed import publish_changes
from workers.library.catalogue.id_migrations import IdMigrations
from workers.library.navidrome.database import NavidromeDatabase
from workers.library.navidrome.paths import PathMap, Paths
from workers.library.settings import LibrarySettings
from workers.library.state.database import StateUnavailable

READY: Final[LibraryState] = "ready"
WAITING: Final[LibraryState] = "waiting"
#: The reason for waiting after an unexpected error.
DEFECT: Final = "internal error; see the library worker's log"
#: Longest pause between tries while the database cannot be read, in seconds.
RETRY_SECONDS: Final = 3.0
#: Seconds after which another commit is certain to change a file's timestamp, however coarse the disk's clock is.
SETTLE_SECONDS: Final = 2.0

log = logging.getLogger(__name__)


class NavidromeWatcher:
    """Looks at the database every few seconds in its own thread, and calls `changed` after a change."""

    def __init__(
        self,
        settings: LibrarySettings,
        catalogue: Catalogue,
        migrations: IdMigrations,
        events: EventPublisher,
    ) -> None:
        self.database = NavidromeDatabase(settings.database)
        self._poll_seconds = settings.poll_seconds
        self._catalogue = catalogue
        self._migrations = migrations
        #: Ids changed, and the job thread has to take them over.
        self.must_migrate = False
        self._events = events
        self._changed: Callable[[], None] = lambda: None
        self._map = PathMap(settings.path_map, settings.music_root)
        self._looking = threading.Lock()
        self._stopping = threading.Event()
        self._fingerprint: tuple[Any, ...] = ()
        #: When the fingerprint was first seen (monotonic seconds), and whether what was read then is final.
        self._new_at = 0.0
        self._settled = False
        self._signature: tuple[Any, ...] = ()
        self.state: LibraryState = WAITING
        #: Notices about values that could not be used.
        self.notices: tuple[str, ...] = ()
        self.reason = "Navidrome's database has not been read yet"
        self.paths: Paths = self._map.of(catalogue.libraries())
        self._thread = threading.Thread(target=self._follow, name="navidrome-watcher", daemon=True)

    def start(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def locate(self, entry: CatalogueTrack) -> str:
        """Return the absolute path of a track on this host."""
        return self.paths.local(entry.library_id, entry.path)

    def look(self, *, migrate: bool = False) -> bool:
        """Look now and update the catalogue. Returns whether the database could be read.

        Changed ids are taken over only with `migrate`, which the job thread sets while no job runs; otherwise
        `must_migrate` tells that thread to do so.
        """
        with self._looking:
            try:
                changes = self._take_over(migrate)
            except NavidromeUnavailable as error:
                return self._wait(error.message)
            except StateUnavailable as error:
                return self._wait(error.message)
            except sqlite3.Error as error:  # from our own state.db: a broken file
                return self._wait(f"state.db cannot be written: {error}")
            except Exception:  # the thread must survive whatever a database contains
                if self.reason != DEFECT:
                    log.exception("reading Navidrome's database failed")
                return self._wait(DEFECT)
            first = self.state != READY
            self.state, self.reason = READY, ""
        if changes:
            log.info("the library changed: %s", changes)
            publish_changes(self._events, self._catalogue, changes)
        if changes or first or self.must_migrate:
            self._changed()
        return True

    def _wait(self, reason: str) -> bool:
        if (self.state, self.reason) != (WAITING, reason):
            log.warning("waiting for Navidrome's database: %s", reason)
        self.state, self.reason = WAITING, reason
        self._fingerprint = ()
        return False

    def _take_over(self, migrate: bool) -> Changes:
        fingerprint, now = self.database.fingerprint(), time.monotonic()
        same = bool(fingerprint) and fingerprint == self._fingerprint
        if same and self._settled and not self.must_migrate:
            return Changes()
        new_at = self._new_at if same else now
        signature = self.database.signature()
        changes = Changes()
        if signature != self._signature:
            snapshot = self.database.snapshot()
            changed_ids = self._migrations.find(snapshot)
            self.must_migrate = bool(changed_ids) and not migrate
            if self.must_migrate:
                return changes
            at = time.time()
            self._migrations.apply(changed_ids, at)
            self._migrations.people(snapshot.users, at)
            changes = replace(self._catalogue.sync(snapshot, at), adopted=len(changed_ids))
            self.paths = self._map.of(self._catalogue.libraries())
            self._signature = signature
            self._notice(snapshot.notices)
        # A commit in the same clock tick as the previous one may change neither size nor time, so the read is final
        # only if the fingerprint was older than a tick when the read began.
        self._fingerprint, self._new_at, self._settled = fingerprint, new_at, now - new_at >= SETTLE_SECONDS
        return changes

    def _notice(self, notices: tuple[str, ...]) -> None:
        for text in notices:
            if text not in self.notices:
                log.warning("%s", text)
        self.notices = notices

    def _follow(self) -> None:
        while not self._stopping.is_set():
            if self.look():
                self._rest()
            else:
                self._stopping.wait(min(self._poll_seconds, RETRY_SECONDS))

    def _rest(self) -> None:
        """Wait for the next look.

        Meanwhile, look again at the last change once it is old enough, unless another change followed: the next look
        sees that one.
        """
        until = time.monotonic() + self._poll_seconds
        settled_at = self._new_at + SETTLE_SECONDS
        if not self._settled and settled_at < until:
            self._stopping.wait(max(settled_at - time.monotonic(), 0.0))
            if not self._stopping.is_set() and self.database.fingerprint() == self._fingerprint:
                self.look()
        self._stopping.wait(max(until - time.monotonic(), 0.0))
