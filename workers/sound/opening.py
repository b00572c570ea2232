"""Open a track only for the facts about its sound, without a vector."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from contract.errors import SilentAudio
from contract.labels import AudioAnalysis
from workers.audio.decode import open_stream
from workers.models.adapter import Recording
from workers.models.spectral.frames import RATE, Array
from workers.sound.analyser import analyse_stream

#: Passes a mono stream on while it takes what it needs of it.
Tap = Callable[[Iterable[Array]], Iterator[Array]]


def open_for_analysis(path: Path, duration: float | None, tap: Tap | None = None) -> Recording:
    """Return the recording with the facts in `analysis`; `tap` reads the same samples.

    Raises what `open_stream` raises, and `SilentAudio`.
    """
    with open_stream(path, RATE, 1, duration) as stream:
        samples: Iterable[Array] = (block[0] for block in stream)
        listener = analyse_stream(samples if tap is None else tap(samples))
        ending = stream.finish()
    if listener is None:
        raise SilentAudio(f"nothing can be heard below {RATE // 2000} kHz: {path.name}")
    return Recording(
        path=path,
        expected=duration,
        duration=ending.duration,
        warning=ending.warning,
        warning_message=ending.warning_message,
        analysis=AudioAnalysis(facts=listener.facts(stream.lost_in_mix)),
    )
