"""Decode a track for a model: the first minutes ahead of the compute thread, the rest while the model reads."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from contract.errors import EmptyAudio
from workers.audio.decode import open_stream
from workers.audio.stream import AudioStream, Ending
from workers.models.adapter import Recording

Samples = npt.NDArray[np.float32]

#: Bytes of samples per track to decode ahead: 11.6 minutes of mono at 24 kHz. For the eight tracks that a worker holds,
#: this is half a gigabyte at most.
AHEAD_BYTES: Final = 64 * 2**20


class StreamedTrack:
    """Iterates once over blocks [channels, n] of a track. `ending` is known once the file has been read to its end."""

    def __init__(self, stream: AudioStream) -> None:
        self.ending: Ending | None = None
        self._stream = stream
        self._rest = iter(stream)
        self._ahead: deque[Samples] = deque()

    def read_ahead(self, limit: int = AHEAD_BYTES) -> None:
        """Decode up to `limit` bytes, or the whole track. Raises `SilentAudio`, `EmptyAudio`."""
        buffered_bytes = 0
        for block in self._rest:
            self._ahead.append(block)
            buffered_bytes += block.nbytes
            if buffered_bytes >= limit:
                return
        if not buffered_bytes:
            raise EmptyAudio("the file contains no samples")
        self._finish()

    def __iter__(self) -> Iterator[Samples]:
        """Yield what was decoded ahead, then the rest. Raises `SilentAudio` at the end."""
        while self._ahead:
            yield self._ahead.popleft()
        if self.ending is None:
            yield from self._rest
            self._finish()

    def close(self) -> None:
        self._ahead.clear()
        self._stream.close()

    def _finish(self) -> None:
        self.ending = self._stream.finish()
        self._stream.close()


def open_recording(path: Path, duration: float | None, rate: int, channels: int) -> Recording:
    """Open a recording whose `audio` is a `StreamedTrack`. Raises errors that show before the track is embedded."""
    listening = StreamedTrack(open_stream(path, rate, channels, duration))
    recording = Recording(path=path, expected=duration, audio=listening)
    try:
        listening.read_ahead()
    except BaseException:
        recording.close()
        raise
    note_ending(recording)
    return recording


def note_ending(recording: Recording) -> None:
    """Copy the stream's ending, if known, into the recording."""
    ending = recording.audio.ending
    if ending is not None:
        recording.duration = ending.duration
        recording.warning, recording.warning_message = ending.warning, ending.warning_message
