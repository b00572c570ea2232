"""Embeds files with a model of the registry, as its worker would, in several processes."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np

from bench.altered import VARIANTS, write_altered
from bench.corpus import Track
from bench.measures import Matrix
from contract.errors import MeshError
from contract.settings import load_settings
from workers.models.adapter import Adapter, adapter_class
from workers.models.registry import spec
from workers.runtime.settings import WorkerSettings


@dataclass(frozen=True, slots=True)
class Heard:
    """Vectors [n, dim] of the tracks at `indices`; total seconds of music and of CPU time."""

    indices: list[int]
    vectors: Matrix
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class One:
    """The vector of a file, its seconds of music, and the CPU seconds spent."""

    vector: Matrix
    seconds: float
    cpu_seconds: float


def listen(tracks: Sequence[Track], model: str, processes: int) -> Heard:
    """Embed every track; skips those that cannot be embedded."""
    with ProcessPoolExecutor(processes) as pool:
        found = list(pool.map(partial(embed, model), [track.path for track in tracks]))
    heard = {index: one for index, one in enumerate(found) if one is not None}
    if not heard:
        raise SystemExit(f"none of {len(tracks)} tracks could be embedded; is the path map right?")
    return Heard(
        indices=list(heard),
        vectors=np.stack([one.vector for one in heard.values()]),
        seconds=sum(one.seconds for one in heard.values()),
        cpu_seconds=sum(one.cpu_seconds for one in heard.values()),
    )


def listen_altered(tracks: Sequence[Track], model: str, processes: int, every: int) -> dict[str, dict[int, Matrix]]:
    """Returns, by variant and track index, the vectors of altered copies of every `every`-th track."""
    chosen = range(0, len(tracks), every)
    with ProcessPoolExecutor(processes) as pool:
        found = list(pool.map(partial(_embed_altered, model), [tracks[index].path for index in chosen]))
    return {
        variant: {index: copies[variant] for index, copies in zip(chosen, found, strict=True) if variant in copies}
        for variant in VARIANTS
    }


@cache
def adapter_of(model: str) -> Adapter:
    known = spec(model)
    adapter = adapter_class(known)(known, load_settings(WorkerSettings))
    adapter.load()
    return adapter


def embed(model: str, path: Path) -> One | None:
    """Embed one file with `model`; None if it cannot be embedded."""
    adapter = adapter_of(model)
    began = time.process_time()
    try:
        recording = adapter.open_audio(path, None)
        vector = adapter.embed_audio([recording])[0]
    except MeshError:
        return None
    if recording.error is not None:
        return None
    return One(vector, recording.duration, time.process_time() - began)


def _embed_altered(model: str, path: Path) -> dict[str, Matrix]:
    with tempfile.TemporaryDirectory() as folder:
        found = {variant: embed(model, write_altered(path, variant, Path(folder))) for variant in VARIANTS}
    return {variant: one.vector for variant, one in found.items() if one is not None}
