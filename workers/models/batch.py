"""Run batches of recordings through a model: halve and retry those that do not fit, refuse invalid vectors."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from broker.vectors import Vectors
from contract.errors import MeshError, ModelFailed, OutOfMemory
from workers.models.adapter import Adapter, Recording
from workers.models.memory import give_back_memory, is_out_of_memory

log = logging.getLogger(__name__)

#: A vector [dim], or the error that replaces it.
Row = Vectors | MeshError
#: A recording as embedded (perhaps reopened), and its row.
Embedded = tuple[Recording, Row]


class Batches:
    """Runs an adapter over recordings. `limit` is the batch size since one ran out of memory; None before."""

    def __init__(self, adapter: Adapter) -> None:
        self.limit: int | None = None
        self._adapter = adapter

    def embed(self, recordings: Sequence[Recording]) -> list[Embedded]:
        """Return one pair per recording, in order; only recordings that fail on their own get an error."""
        done: list[Embedded] = []
        rest = list(recordings)
        while rest:
            step = self.limit or len(rest)
            done += self._attempt(rest[:step])
            del rest[:step]
        return done

    def _attempt(self, recordings: Sequence[Recording]) -> list[Embedded]:
        failure: MeshError | None = None
        rows: Sequence[Row] = []
        try:
            rows = self._rows(self._adapter.embed_audio(recordings), len(recordings))
        except Exception as error:  # noqa: BLE001  adapters may be third-party code: typed and logged here, once
            failure = model_error(error, self._adapter)
        # Outside the except block, because the traceback keeps alive the arrays that did not fit.
        if failure is None:
            return [(one, one.error or row) for one, row in zip(recordings, rows, strict=True)]
        if len(recordings) == 1:
            return [(recordings[0], recordings[0].error or failure)]
        half = len(recordings) // 2
        if isinstance(failure, OutOfMemory):
            give_back_memory()
            self.limit = half
            log.warning("%d recordings did not fit into memory; continuing with %d", len(recordings), half)
        return self._again(recordings[:half]) + self._again(recordings[half:])

    def _again(self, recordings: Sequence[Recording]) -> list[Embedded]:
        """Reopen recordings and try again, since their streams may have been read."""
        opened = [self._reopen(recording) for recording in recordings]
        done = iter(self.embed([new for new in opened if isinstance(new, Recording)]))
        return [
            next(done) if isinstance(new, Recording) else (old, new)
            for old, new in zip(recordings, opened, strict=True)
        ]

    def _reopen(self, recording: Recording) -> Recording | MeshError:
        recording.close()
        try:
            return self._adapter.open_audio(recording.path, recording.expected)
        except MeshError as error:
            return error

    def _rows(self, vectors: Vectors, count: int) -> list[Row]:
        wanted = (count, self._adapter.dim)
        if np.shape(vectors) != wanted:
            return [self._failed(f"returned an array {list(np.shape(vectors))}, not {list(wanted)}")] * count
        return [self._checked(row) for row in np.asarray(vectors, dtype=np.float32)]

    def _checked(self, row: Vectors) -> Row:
        if not np.isfinite(row).all():
            return self._failed("returned a vector with NaN or infinite numbers")
        if not row.any():
            return self._failed("returned a vector of zeros, which resembles nothing")
        return row

    def _failed(self, what: str) -> ModelFailed:
        return ModelFailed(f"model {self._adapter.spec.name!r} {what}")


def model_error(error: Exception, adapter: Adapter) -> MeshError:
    """Convert what an adapter raised to the error to reply with, without references to the exception."""
    if isinstance(error, MeshError):
        return type(error)(error.message, error.detail)
    if is_out_of_memory(error):
        return OutOfMemory(f"this does not fit into memory on {adapter.device}: {error}")
    log.error("%s failed", adapter.spec.name, exc_info=error)
    return ModelFailed(f"model {adapter.spec.name!r} raised {error!r}")
