"""Takes tracks from the queue and computes their audio ids ahead of the embedding."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

from contract.errors import DecodeFailed, FileUnreadable, MeshError
from workers.library.catalogue.catalogue import CatalogueTrack, Changes
from workers.library.catalogue.changed import publish_changes
from workers.library.catalogue.id_migrations import IdMigrations
from workers.library.jobs.context import Context
from workers.library.jobs.items import Item, WorkQueue
from workers.library.navidrome.paths import shown

#: Threads that read files.
THREADS: Final = 2
#: How many audio ids to compute ahead, in addition to the tracks in flight.
AHEAD: Final = 16

log = logging.getLogger(__name__)


class IdentificationQueue:
    """Queued tracks, and in `ready` those whose audio id is known.

    `post` brings answers to the job's thread, which calls `failed` with each track whose file has no audio id.
    """

    def __init__(
        self,
        context: Context,
        queue: WorkQueue,
        post: Callable[[Callable[[], None]], None],
        failed: Callable[[Item, MeshError], None],
    ) -> None:
        self._catalogue = context.catalogue
        self._context = context
        self._post = post
        self._failed = failed
        self.queue = queue
        self.ready: deque[Item] = deque()
        self._identifying = 0
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="audio-id")

    def __bool__(self) -> bool:
        return bool(self.queue or self.ready or self._identifying)

    def fill(self) -> None:
        """Start computing audio ids, up to `AHEAD`."""
        while self.queue and self._identifying + len(self.ready) < AHEAD:
            self._identify(self.queue.take())

    def again(self, items: Iterable[Item]) -> None:
        """Put these next in line."""
        self.ready.extendleft(reversed(list(items)))

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _identify(self, item: Item) -> None:
        item.audio_id = item.audio_id or self._catalogue.audio_id(item.entry)  # another model may have asked
        if item.audio_id:
            self._line_up(item)
            return
        self._identifying += 1
        future = self._pool.submit(_compute, item)
        future.add_done_callback(lambda done: self._post(lambda: self._identified(done, item)))

    def _identified(self, done: Future[str | MeshError], item: Item) -> None:
        if done.cancelled():
            return
        self._identifying -= 1
        audio_id = done.result()
        if isinstance(audio_id, MeshError):
            self._failed(item, audio_id)
            return
        item.audio_id = audio_id
        self._catalogue.keep_audio_ids([(item.entry.id, item.entry.stamp, audio_id)])
        self._line_up(item)

    def _line_up(self, item: Item) -> None:
        if not item.row.audio_id:
            _migrate_by_audio(self._context, item.entry, item.audio_id)
        (self.ready.appendleft if item.first else self.ready.append)(item)


def _compute(item: Item) -> str | MeshError:
    from workers.audio.identity import audio_id  # late: it imports FFmpeg

    began = time.monotonic()
    try:
        return audio_id(Path(item.path))
    except MeshError as error:
        return error
    except OSError as error:
        return FileUnreadable(f"{shown(item.path)} cannot be read: {error}")
    except ValueError as error:
        return DecodeFailed(f"{shown(item.path)} cannot be read: {error}")
    finally:
        item.stages["read"] = time.monotonic() - began


def _migrate_by_audio(context: Context, entry: CatalogueTrack, audio_id: str) -> None:
    """Map the id of a vanished track with the same audio to `entry`, if `entry` is new.

    The job copies the vectors as for any two tracks of the same audio; everything else stored under the old id follows
    between two jobs.
    """
    migrations = IdMigrations(context.state)
    old_id = migrations.find_vanished(entry, audio_id)
    if old_id is None:
        return
    migrations.note(old_id, entry.id, time.time())
    log.info("track %s is now %s, the audio is the same: %s", old_id, entry.id, shown(entry.path))
    publish_changes(context.events, context.catalogue, Changes(adopted=1))
