"""Find the files of MERT, without torch or the network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workers.models.neural.source import WEIGHT_FILES, require, weight_file
from workers.models.weights import Repository, WeightsSource

REPOSITORY: Final = "m-a-p/MERT-v1-330M"
MODEL: Final = "mert"
CONFIG: Final = "config.json"
PREPROCESSOR: Final = "preprocessor_config.json"
SOURCE: Final = WeightsSource((Repository(REPOSITORY, (CONFIG, PREPROCESSOR), WEIGHT_FILES),), 1_300_000_000)


@dataclass(frozen=True, slots=True)
class MertFiles:
    """Configuration of the model, configuration of its input, and weights."""

    config: Path
    preprocessor: Path
    weights: Path


def find_files(checkpoints: Path) -> MertFiles:
    """Find all files. Raises `ModelUnavailable`, which says which file is missing and what to do."""
    folder = require(REPOSITORY, checkpoints, CONFIG, MODEL)
    return MertFiles(
        config=folder / CONFIG,
        preprocessor=require(REPOSITORY, checkpoints, PREPROCESSOR, MODEL) / PREPROCESSOR,
        weights=weight_file(folder, REPOSITORY, MODEL),
    )
