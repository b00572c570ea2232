"""A stream's patches, by themselves or beside what else listens to the same samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workers.models.musicnn.layout import Array
from workers.models.musicnn.patches import Patches
from workers.models.spectral.frames import RATE, from_first_sound


class Listener:
    """Hands a mono stream at 24 kHz on as it is, and keeps its patches on the way. Silence before the first sound is
    left out.
    """

    def __init__(self) -> None:
        self._patches = Patches(RATE)
        self._heard = False

    def passing(self, stream: Iterable[Array]) -> Iterator[Array]:
        """The stream from its first sound on."""
        for piece in from_first_sound(stream):
            self._heard = True
            self._patches.add(piece)
            yield piece

    def patches(self) -> Array | None:
        """[n, 187, 96] when the stream has ended; None where nothing was heard."""
        return self._patches.finish() if self._heard else None
