"""Find the weights of Music2Latent, without torch or the network."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from workers.models.neural.source import require
from workers.models.weights import Repository, WeightsSource

REPOSITORY: Final = "SonyCSLParis/music2latent"
MODEL: Final = "latent"
WEIGHTS: Final = "music2latent.pt"
SOURCE: Final = WeightsSource((Repository(REPOSITORY, (WEIGHTS,)),), 240_000_000)


def find_weights(checkpoints: Path) -> Path:
    """Look among the checkpoints, in the hub's cache, and where the package puts its own download.

    Raises `ModelUnavailable`, which says what to do.
    """
    package = find_spec("music2latent")
    if package is not None and package.submodule_search_locations:
        own = Path(package.submodule_search_locations[0]) / "models" / WEIGHTS
        if own.is_file() and not (checkpoints / "music2latent" / WEIGHTS).is_file():
            return own
    return require(REPOSITORY, checkpoints, WEIGHTS, MODEL) / WEIGHTS
