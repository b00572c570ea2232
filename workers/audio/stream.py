"""A stream of decoded audio: blocks as they arrive, then a verdict on the whole track."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import soxr

from contract.embedding import TRUNCATED, AudioWarning
from contract.errors import DecodeFailed, SilentAudio
from workers.audio.mixing import ChannelMixer, Samples, cleaned

Blocks = Iterator[tuple[Samples, int]]

#: A track that peaks below this (-60 dBFS) is silent, not just quiet.
SILENT_PEAK: Final = 1e-3
#: A mix that peaks below this (-90 dBFS) holds nothing.
EMPTY_PEAK: Final = 3e-5
#: A track is truncated if less than this share of the expected duration could be decoded.
COMPLETE_SHARE: Final = 0.9
#: Resampler quality, the same as librosa's.
QUALITY: Final = "HQ"


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known once a stream has been read: seconds decoded, and `truncated_audio` with a message, or None."""

    duration: float
    warning: AudioWarning | None = None
    warning_message: str | None = None


class AudioStream:
    """Iterates once over float32 blocks [channels, n] at `rate`; `finish` then returns how it ended.

    If a file breaks off, what was decoded counts. The stream holds a file open: use it as a context manager or
    `close` it.
    """

    def __init__(
        self,
        name: str,
        blocks: Blocks,
        rate: int,
        channels: int,
        expected: float | None,
        other: Callable[[], Blocks] | None = None,
    ) -> None:
        """`other` opens the file with another decoder, in case this one yields less than `expected` seconds."""
        self.rate = rate
        self.channels = channels
        self._name = name
        self._blocks = blocks
        self._other = other
        self._channel_mixer = ChannelMixer(channels)
        self._expected = expected or 0.0
        self._duration = 0.0
        self._peak = 0.0
        self._mixed_peak = 0.0
        self._broken = ""
        self._done = False

    def __iter__(self) -> Iterator[Samples]:
        for block in self._resampled():
            if block.shape[0]:
                yield np.ascontiguousarray(block.T)
        self._done = True

    def finish(self) -> Ending:
        """Return how the stream ended, after reading what the caller left unread. Raises `SilentAudio`."""
        if not self._done:
            for _ in self:
                pass
        if self._peak < SILENT_PEAK:
            raise SilentAudio(f"silent from start to end (peak below -60 dBFS): {self._name}")
        if self._mixed_peak < EMPTY_PEAK:
            raise SilentAudio(f"its channels cancel each other out when mixed: {self._name}")
        return self._ending()

    def _ending(self) -> Ending:
        if not self._short:
            return Ending(self._duration)
        reason = f" ({self._broken})" if self._broken else ""
        message = f"only {self._duration:.1f} of {self._expected:.1f} s could be decoded{reason}: {self._name}"
        return Ending(self._duration, TRUNCATED, message)

    @property
    def _short(self) -> bool:
        """Whether much less was decoded than the database expects."""
        return self._duration < COMPLETE_SHARE * self._expected

    def close(self) -> None:
        """Close the file."""
        close = getattr(self._blocks, "close", None)
        if close is not None:
            close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _resampled(self) -> Iterator[Samples]:
        """Yield [n, channels] at `self.rate`. The resampler keeps its state between blocks until the rate changes."""
        current, resampler = self.rate, None
        for block, rate in self._mixed():
            if rate != current:
                if resampler is not None:
                    yield resampler.resample_chunk(block[:0], last=True)
                current = rate
                resampler = None if rate == self.rate else self._resampler(rate)
            yield block if resampler is None else resampler.resample_chunk(block)
        if resampler is not None:
            yield resampler.resample_chunk(np.zeros((0, self.channels), np.float32), last=True)

    def _resampler(self, rate: int) -> soxr.ResampleStream:
        return soxr.ResampleStream(rate, self.rate, self.channels, dtype="float32", quality=QUALITY)

    def _mixed(self) -> Iterator[tuple[Samples, int]]:
        for block, rate in self._decoded():
            samples, peak = cleaned(block)
            mixed = self._channel_mixer.mix(samples, rate)
            self._peak = max(self._peak, peak)
            self._mixed_peak = max(self._mixed_peak, float(np.abs(mixed).max()))
            self._duration += len(mixed) / rate
            yield mixed, rate

    def _decoded(self) -> Blocks:
        """Yield the first decoder's blocks and, if they fall short, what the other one has beyond them."""
        yield from self._unbroken(self._blocks)
        if self._short and self._other is not None:
            self.close()
            self._blocks = self._other()
            yield from _beyond(self._unbroken(self._blocks), self._duration)

    def _unbroken(self, blocks: Blocks) -> Blocks:
        try:
            yield from blocks
        except DecodeFailed as error:
            self._broken = self._broken or error.message


def _beyond(blocks: Blocks, seconds: float) -> Blocks:
    """Yield what follows the first `seconds`."""
    for block, rate in blocks:
        expected = min(len(block), round(seconds * rate))
        seconds -= expected / rate
        if expected < len(block):
            yield block[expected:], rate
