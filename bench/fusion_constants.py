"""Makes the constants of `musicnn` and `fusion`: `python -m bench.fusion_constants CORPUS.csv MUSIC`.

It uses no labels. It estimates the mean and deviation of the taggers' numbers, and the principal axes of the
standardised ones.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np

import workers.models.fusion
import workers.models.musicnn
from bench.corpus import read_corpus
from bench.measures import Matrix
from contract.errors import MeshError
from contract.settings import load_settings
from workers.models.fusion.projection import FILE, Fusion
from workers.models.musicnn.adapter import MusicnnAdapter
from workers.models.musicnn.files import load
from workers.models.musicnn.projection import FILE as MUSICNN_FILE
from workers.models.musicnn.projection import Scale
from workers.models.musicnn.taggers import Taggers
from workers.models.registry import spec
from workers.models.spectral import DIMENSION
from workers.runtime.settings import WorkerSettings

#: Smallest deviation, so that constant numbers are not magnified.
STILL = 1e-3


def fit(hidden: Matrix) -> tuple[Scale, Fusion]:
    """Fit constants to the taggers' numbers [n, 400] of many tracks."""
    scale = Scale(_single(hidden.mean(axis=0)), _single(np.maximum(hidden.std(axis=0), STILL)))
    standard = (hidden - scale.mean) / scale.deviation
    _, _, axes = np.linalg.svd(standard, full_matrices=False)
    return scale, Fusion(_single(axes[: spec("fusion").dimension - DIMENSION].T))


def _single(values: Matrix) -> np.ndarray:
    return np.ascontiguousarray(values, np.float32)


@cache
def _ear() -> tuple[MusicnnAdapter, Taggers]:
    settings = load_settings(WorkerSettings)
    return MusicnnAdapter(spec("musicnn"), settings), Taggers(load(settings.checkpoints))


def _listen(path: Path) -> Matrix | None:
    adapter, ear = _ear()
    try:
        return ear(adapter.open_audio(path, None).audio)
    except MeshError as error:
        print(f"left out: {error.message}", flush=True)
        return None


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the music, fit, and write both files beside the code (or to `--output`)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path, help="csv of tracks")
    parser.add_argument("music", type=Path, help="root folder of the csv's paths")
    parser.add_argument("--output", type=Path, help="folder for musicnn.npz and fusion.npz")
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args(arguments)
    tracks = read_corpus(options.corpus, options.music)
    with ProcessPoolExecutor(options.processes) as pool:
        heard = [one for one in pool.map(_listen, [track.path for track in tracks]) if one is not None]
    scale, fusion = fit(np.stack(heard).astype(float))
    folder: Path | None = options.output
    scale.save(str(folder / "musicnn.npz" if folder else _beside(workers.models.musicnn, MUSICNN_FILE)))
    fusion.save(str(folder / "fusion.npz" if folder else _beside(workers.models.fusion, FILE)))
    print(f"{len(heard)} tracks")


def _beside(package: object, file: str) -> Path:
    return Path(str(getattr(package, "__file__", ""))).with_name(file)


if __name__ == "__main__":
    main()
