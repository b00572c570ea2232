"""The models of the scale bench: they return a seeded vector at once, from the number in a file's name.

They decode no audio. There is one for each real model's vector size, one value longer if two models would share a
dimension. They enter the mesh like those of any other package: through an entry point (see `docs/develop/models.md`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from bench.search_data import CLUSTERS, NOISE, SPREAD, SUBSPACE
from broker.vectors import Vectors
from workers.models.adapter import Adapter, Recording
from workers.models.registry import GROUP
from workers.models.spec import ModelSpec

#: Tracks per album; they sound alike.
ALBUM: Final = 12


def _spec(like: str, dimension: int) -> ModelSpec:
    return ModelSpec(
        f"like_{like}",
        dimension=dimension,
        collection=f"like_{like}_embedding",
        adapter="bench.scale_model:SeededAdapter",
        license="none",
        description=f"seeded vectors of the size of those of {like}",
    )


LIKE_SPECTRAL: Final = _spec("spectral", 97)
LIKE_LATENT: Final = _spec("latent", 577)
LIKE_MUQ: Final = _spec("muq", 1537)
#: The stored size of MERT's vectors.
LIKE_MERT: Final = _spec("mert", 4096)
SPECS: Final = {"spectral": LIKE_SPECTRAL, "latent": LIKE_LATENT, "muq": LIKE_MUQ, "mert": LIKE_MERT}


def install(folder: Path) -> None:
    """Make `folder`, once it is in PYTHONPATH, announce these models as an installed package would."""
    info = folder / "bench_scale_models-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bench-scale-models\nVersion: 1.0\n")
    points = [f"{spec.name} = bench.scale_model:LIKE_{like.upper()}" for like, spec in SPECS.items()]
    (info / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *points, ""]))


class Planted:
    """Vectors in clusters, one per album."""

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._centres = np.random.default_rng(0).standard_normal((CLUSTERS, SUBSPACE))
        random = np.random.default_rng(dimension).standard_normal((dimension, SUBSPACE))
        self._basis = np.linalg.qr(random)[0].T

    def vector(self, number: int) -> Vectors:
        """Returns [dim] of length 1: the same for the same number."""
        rng = np.random.default_rng((self._dimension, number))
        cluster = np.random.default_rng(number // ALBUM).integers(CLUSTERS)
        point = self._centres[cluster] + SPREAD * rng.standard_normal(SUBSPACE)
        noise = rng.standard_normal(self._dimension) * (NOISE / np.sqrt(self._dimension))
        vector = (point / np.linalg.norm(point)) @ self._basis + noise
        planted: Vectors = (vector / np.linalg.norm(vector)).astype(np.float32)
        return planted


class SeededAdapter(Adapter):
    """Identifies a track by its name alone: `... 123.wav`."""

    batch = 8

    @property
    def model_id(self) -> str:
        return "seeded-1"

    def load(self) -> None:
        self._planted = Planted(self.dim)

    def unload(self) -> None:
        del self._planted

    def open_audio(self, path: Path, duration: float | None) -> Recording:
        return Recording(path=path, expected=duration, duration=duration or 0.0, audio=int(path.stem.split()[-1]))

    def embed_audio(self, recordings: Sequence[Recording]) -> Vectors:
        return np.stack([self._planted.vector(recording.audio) for recording in recordings])
