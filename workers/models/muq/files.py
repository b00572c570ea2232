"""Find the files of MuQ-MuLan, without torch or the network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from contract.errors import ModelUnavailable
from workers.models.neural.source import WEIGHT_FILES, require, weight_file
from workers.models.weights import Repository, WeightsSource

#: The repository that holds all weights; its configuration names the other two.
REPOSITORY: Final = "OpenMuQ/MuQ-MuLan-large"
MODEL: Final = "muq"
CONFIG: Final = "config.json"
TOKENIZER: Final = "tokenizer.json"
SOURCE: Final = WeightsSource(
    (
        Repository(REPOSITORY, (CONFIG,), WEIGHT_FILES),
        Repository("OpenMuQ/MuQ-large-msd-iter", (CONFIG,)),
        Repository("FacebookAI/xlm-roberta-base", (CONFIG, TOKENIZER)),
    ),
    2_670_000_000,
)


@dataclass(frozen=True, slots=True)
class MuLanFiles:
    """Three configurations, the tokenizer, and the weights of both towers."""

    mulan: Path
    muq: Path
    roberta: Path
    tokenizer: Path
    weights: Path


def find_files(checkpoints: Path) -> MuLanFiles:
    """Find all files. Raises `ModelUnavailable`, which says which repository lacks which file and what to do."""
    folder = require(REPOSITORY, checkpoints, CONFIG, MODEL)
    audio, text = tower_repositories(folder / CONFIG)
    roberta = require(text, checkpoints, CONFIG, MODEL)
    return MuLanFiles(
        mulan=folder / CONFIG,
        muq=require(audio, checkpoints, CONFIG, MODEL) / CONFIG,
        roberta=roberta / CONFIG,
        tokenizer=require(text, checkpoints, TOKENIZER, MODEL) / TOKENIZER,
        weights=weight_file(folder, REPOSITORY, MODEL),
    )


def tower_repositories(config: Path) -> tuple[str, str]:
    """Return the repositories of both towers' configurations: audio, text. Raises `ModelUnavailable`."""
    try:
        values: dict[str, Any] = json.loads(config.read_bytes())
        return str(values["audio_model"]["name"]), str(values["text_model"]["name"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelUnavailable(f"{config} is not the configuration of {REPOSITORY}; fetch it again") from error
