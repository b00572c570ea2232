"""Find the weights of `musicnn` without importing numpy, because settings and the command line do so."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from contract.errors import ModelUnavailable

MODEL: Final = "musicnn"
#: The package to install or fetch, and the sha256 of its wheel.
REQUIREMENT: Final = "musicnn==0.1.0"
WHEEL_SHA256: Final = "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa"
#: The taggers, in the order of the vector, and their folders in the wheel.
FOLDERS: Final = {"msd": "MSD_musicnn", "mtt": "MTT_musicnn"}
#: The two files of a checkpoint.
INDEX, DATA = ".index", ".data-00000-of-00001"
#: The file of living filters and the notice, in the folder `musicnn` of the checkpoints.
LIVING, LICENSE_FILE = "living.npz", "LICENSE"


def living_file(checkpoints: Path) -> Path:
    """Return the path of the living filters."""
    return checkpoints / MODEL / LIVING


def installed() -> Path | None:
    """Return the folder of the installed wheel, or None."""
    spec = find_spec(MODEL)
    places = spec.submodule_search_locations if spec is not None else None
    folders = [Path(place) for place in places or ()]
    return next((folder for folder in folders if (folder / FOLDERS["msd"] / DATA).is_file()), None)


def available(checkpoints: Path) -> bool:
    """Whether there are weights; only checks that the files exist."""
    return living_file(checkpoints).is_file() or installed() is not None


def check(checkpoints: Path) -> None:
    """Raise `ModelUnavailable` if there are no weights."""
    if not available(checkpoints):
        raise ModelUnavailable(
            "model 'musicnn' has no weights: `sonicmesh models download musicnn` fetches them (29 MB, once), or copy "
            f"{living_file(checkpoints)} from another host"
        )
