"""Open a track and hear it while it is decoded: for the facts about its sound, and for what a model needs of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from contract.errors import SilentAudio
from contract.labels import AudioAnalysis
from workers.audio.decode import open_stream
from workers.models.adapter import Recording
from workers.models.spectral.frames import RATE, Array
from workers.sound.analyser import SoundAnalyser, analyse_stream

#: Takes a track's mono blocks at `RATE`, float32 [n], and passes their spectra to the analyser. Returns what a model
#: needs of them; None if nothing can be heard.
Hear = Callable[[Iterable[Array], SoundAnalyser], Any]


def open_and_hear(path: Path, duration: float | None, hear: Hear) -> Recording:
    """Return the recording with what `hear` returns as its `audio`, and with the facts in `analysis`.

    Raises what `open_stream` raises, and `SilentAudio`.
    """
    analyser = SoundAnalyser()
    with open_stream(path, RATE, 1, duration) as stream:
        audio = hear((block[0] for block in stream), analyser)
        ending = stream.finish()
    if audio is None:
        raise SilentAudio(f"nothing can be heard below {RATE // 2000} kHz: {path.name}")
    return Recording(
        path=path,
        expected=duration,
        duration=ending.duration,
        warning=ending.warning,
        warning_message=ending.warning_message,
        audio=audio,
        analysis=AudioAnalysis(facts=analyser.facts(stream.lost_in_mix)),
    )


def open_for_analysis(path: Path, duration: float | None) -> Recording:
    """Return the recording with the facts in `analysis` and without audio. Raises what `open_and_hear` raises."""
    return open_and_hear(path, duration, lambda samples, analyser: () if analyse_stream(samples, analyser) else None)
