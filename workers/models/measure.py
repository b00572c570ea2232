"""Measure a model on real tracks of a library: `python -m workers.models.measure MODEL`, which reads JSON on stdin.

In a process of its own, because a model that runs out of memory takes its process with it. stdin: `[[path, seconds],
...]`; stdout: one JSON document, a `result` or an `error`.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contract.errors import FileUnreadable, TrackError
from contract.settings import load_settings
from workers.models.adapter import Adapter
from workers.models.once import loaded_once, print_outcome
from workers.runtime.settings import WorkerSettings

BYTES_PER_UNIT: Final = 1024


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a model took. `audio_seconds`: the length of the measured tracks; `memory_bytes`: the process's most."""

    model: str
    device: str
    tracks: int
    seconds: float
    audio_seconds: float
    load_seconds: float
    memory_bytes: int


def measure(model: str, settings: WorkerSettings, files: Sequence[tuple[Path, float]]) -> Measurement:
    """Load `model`, embed the files (path, seconds) one after the other, unload; skips files that cannot be embedded.

    Raises `ModelUnavailable`, `OutOfMemory`, `ModelFailed`, and `FileUnreadable` if none can be embedded.
    """
    os.nice(settings.nice)
    with loaded_once(model, settings) as (adapter, load_seconds):
        began = time.monotonic()
        lengths = [length for path, seconds in files if (length := _embed(adapter, path, seconds))]
        spent = time.monotonic() - began
    if not lengths:
        raise FileUnreadable("none of the tracks can be read")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * BYTES_PER_UNIT
    return Measurement(model, adapter.device, len(lengths), spent, sum(lengths), load_seconds, peak)


def _embed(adapter: Adapter, path: Path, seconds: float) -> float:
    """Embed one file; return the seconds of audio in it, 0 if it cannot be embedded."""
    try:
        recording = adapter.open_audio(path, seconds)
    except TrackError:
        return 0.0
    try:
        adapter.embed_audio([recording])
        return 0.0 if recording.error is not None else recording.duration or seconds
    finally:
        recording.close()


def main(model: str) -> int:
    """Measure `model` in this process and print one JSON document."""
    files = [(Path(path), float(seconds)) for path, seconds in json.load(sys.stdin)]
    return print_outcome(lambda: measure(model, load_settings(WorkerSettings), files))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
