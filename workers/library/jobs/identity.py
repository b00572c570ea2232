"""Audio ids, computed ahead of the embedding in a small pool."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

from contract.errors import DecodeFailed, FileUnreadable, MeshError
from workers.library.jobs.items import Item
from workers.library.navidrome.paths import shown

#: Threads that read files.
THREADS: Final = 2

Told = Callable[[Item, str | MeshError], None]


class AudioIds:
    """Computes audio ids. `post` brings the answers to the thread that asks."""

    def __init__(self, post: Callable[[Callable[[], None]], None]) -> None:
        self._post = post
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="audio-id")

    def ask(self, item: Item, told: Told) -> None:
        """Compute the id of an item's file; `told` gets it, or the error of the track."""
        future = self._pool.submit(_compute, item)
        future.add_done_callback(lambda done: self._post(lambda: _tell(done, item, told)))

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def _compute(item: Item) -> str | MeshError:
    from workers.audio.identity import audio_id  # late: it brings FFmpeg along

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


def _tell(done: Future[str | MeshError], item: Item, told: Told) -> None:
    if not done.cancelled():
        told(item, done.result())
