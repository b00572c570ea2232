"""Run several tracks through one model: clips share batches, and each track's windows become one vector."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from broker.vectors import Vectors
from contract.errors import EmptyAudio, MeshError
from workers.models.adapter import Recording
from workers.models.enrich import enrich
from workers.models.neural.clips import ClipCutter, ClipVectors, Samples, Windowing
from workers.models.neural.streamed_track import note_ending


class Forward(Protocol):
    """Maps clips [n, samples] to vectors [n, D]; `batch` is the best number of clips per call at the moment."""

    @property
    def batch(self) -> int: ...

    def __call__(self, clips: npt.NDArray[np.float32]) -> Vectors: ...


class TrackBatches:
    """Fills batches with the clips of consecutive tracks, and finishes each track as soon as its clips are done.

    Cuts one track at a time, so memory does not grow with the number of tracks.
    """

    def __init__(self, windowing: Windowing, forward: Forward) -> None:
        self._windowing = windowing
        self._forward = forward
        self._waiting: list[tuple[TrackInProgress, int, Samples]] = []
        self._silent: Vectors | None = None

    def embed(self, recordings: Sequence[Recording], dimension: int) -> Vectors:
        """Return enriched vectors, float32 [n, dimension]; zeros for a recording that now has an `error`."""
        rows = np.zeros((len(recordings), dimension), np.float32)
        open_tracks: list[TrackInProgress] = []
        self._waiting = []
        for row, recording in zip(rows, recordings, strict=True):
            track = TrackInProgress(recording, row)
            open_tracks.append(track)
            for start, samples in track.clips(self._windowing):
                self._add(track, start, samples)
            open_tracks = [track for track in open_tracks if not track.finish(self._windowing)]
        self._flush()
        for track in open_tracks:
            track.finish(self._windowing)
        return rows

    def _add(self, track: TrackInProgress, start: int, samples: Samples) -> None:
        if not samples.any():
            track.put(start, self._silence(len(samples)))
            return
        self._waiting.append((track, start, samples))
        track.expected += 1
        if len(self._waiting) >= self._forward.batch:
            self._flush()

    def _flush(self) -> None:
        waiting = [clip for clip in self._waiting if clip[0].recording.error is None]
        self._waiting = []
        if not waiting:
            return
        vectors = self._forward(np.stack([samples for _, _, samples in waiting]))
        for (track, start, _), vector in zip(waiting, vectors, strict=True):
            track.expected -= 1
            track.put(start, vector)

    def _silence(self, samples: int) -> Vectors:
        """Return the vector of digital silence, computed once, because the padding of every short track needs it."""
        if self._silent is None:
            self._silent = self._forward(np.zeros((1, samples), np.float32))[0]
        return self._silent


class TrackInProgress:
    """One recording and the row for its vector. `expected` counts clips whose vectors are pending."""

    def __init__(self, recording: Recording, row: Vectors) -> None:
        self.recording = recording
        self.expected = 0
        self._row = row
        self._vectors = ClipVectors()
        self._starts: list[int] = []

    def clips(self, windowing: Windowing) -> Iterator[tuple[int, Samples]]:
        """Yield the distinct clips; an error of the track ends them and goes into the recording."""
        cutter = ClipCutter((block[0] for block in self.recording.audio), windowing)
        try:
            yield from cutter
            self._starts = cutter.starts
            if not self._starts:
                raise EmptyAudio(f"no samples in {self.recording.path.name}")
            note_ending(self.recording)
        except MeshError as error:
            self.recording.error = error

    def put(self, start: int, vector: Vectors) -> None:
        self._vectors.put(start, vector)

    def finish(self, windowing: Windowing) -> bool:
        """Compute the vector once all clips are there; returns whether the track is done."""
        if self.recording.error is not None:
            return True
        if self.expected:
            return False
        self._row[:] = enrich(self._vectors.windows(self._starts, windowing))
        self._vectors = ClipVectors()
        return True
