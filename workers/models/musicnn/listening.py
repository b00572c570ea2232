"""Collect a stream's patches while another consumer reads the same samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workers.models.musicnn.layout import Array
from workers.models.musicnn.patches import Patches
from workers.models.spectral.frames import RATE, from_first_sound


class Listener:
    """Passes on a mono stream at 24 kHz and keeps its patches, skipping the silence before the first sound."""

    def __init__(self) -> None:
        self._patches = Patches(RATE)
        self._heard = False

    def passing(self, stream: Iterable[Array]) -> Iterator[Array]:
        """Yield the stream from its first sound on."""
        for piece in from_first_sound(stream):
            self._heard = True
            self._patches.add(piece)
            yield piece

    def patches(self) -> Array | None:
        """Return the patches [n, 187, 96] once the stream has ended; None if it was silent."""
        return self._patches.finish() if self._heard else None
