"""Try out a model on this machine: whether it loads, how much memory it takes, how long a track takes."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from contract.errors import ModelFailed
from contract.settings import load_settings
from workers.models.adapter import Adapter, TextSide
from workers.models.once import loaded_once, print_outcome
from workers.runtime.settings import WorkerSettings

#: The test track, a swelling chord in stereo: seconds, sample rate in Hz, pitches in Hz.
TRACK_SECONDS: Final = 60.0
TRACK_RATE: Final = 44100
PITCHES: Final = (220.0, 277.2, 329.6)
#: Length in seconds of the typical song for which the time is reported.
SONG_SECONDS: Final = 240.0


@dataclass(frozen=True, slots=True)
class Trial:
    """The result of a trial. `seconds_per_track` is for a song of four minutes, extrapolated from the test track."""

    model: str
    dimension: int
    device: str
    memory_bytes: int
    load_seconds: float
    seconds_per_track: float
    model_id: str
    text: TextSide


def try_model(model: str, settings: WorkerSettings, folder: Path) -> Trial:
    """Load `model`, embed a track written to `folder`, unload. Takes minutes for a large model on a CPU.

    Raises `InvalidRequest`, `ModelUnavailable`, `OutOfMemory`, `ModelFailed`; leaves nothing loaded.
    """
    track = write_track(folder / "trial.wav")
    with loaded_once(model, settings) as (adapter, load_seconds):
        began = time.monotonic()
        _embed_one(adapter, track)
        spent = time.monotonic() - began
        return Trial(
            model=model,
            dimension=adapter.dim,
            device=adapter.device,
            memory_bytes=adapter.needs_bytes,
            load_seconds=load_seconds,
            seconds_per_track=spent * SONG_SECONDS / TRACK_SECONDS,
            model_id=adapter.model_id,
            text=adapter.text_side(),
        )


def write_track(path: Path) -> Path:
    """Write a test track of `TRACK_SECONDS`."""
    import soundfile

    times = np.arange(int(TRACK_SECONDS * TRACK_RATE)) / TRACK_RATE
    tones = [np.sin(2 * np.pi * pitch * times) for pitch in PITCHES]
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * times / 8)
    left, right = 0.2 * swell * sum(tones), 0.2 * swell * tones[0]
    soundfile.write(path, np.stack([left, right], axis=1).astype(np.float32), TRACK_RATE)
    return path


def _embed_one(adapter: Adapter, path: Path) -> None:
    recording = adapter.open_audio(path, TRACK_SECONDS)
    try:
        vector = adapter.embed_audio([recording])[0]
        if recording.error is not None:
            raise recording.error
        if len(vector) != adapter.dim or not np.isfinite(vector).all() or not vector.any():
            raise ModelFailed(f"model {adapter.spec.name!r} returned no usable vector for a plain chord")
    finally:
        recording.close()


def main(model: str) -> int:
    """Try `model` in this process and print one JSON document, a `result` or an `error`."""
    with TemporaryDirectory() as folder:
        return print_outcome(lambda: try_model(model, load_settings(WorkerSettings), Path(folder)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
