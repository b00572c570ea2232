"""Load weights from files into modules, without unpickling code; every name and shape must match."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from contract.errors import ModelUnavailable

#: The first bytes of a Git LFS pointer, which a clone without LFS leaves in place of a large file.
LFS_POINTER: Final = b"version https://git-lfs"
#: Most names to list in an error; a wrong architecture has hundreds.
SHOWN_NAMES: Final = 5

Tensors = dict[str, Tensor]


def read_tensors(path: Path) -> Tensors:
    """Read the state dict of a safetensors or torch file. Raises `ModelUnavailable`."""
    tensors = _read_safetensors(path) if path.suffix == ".safetensors" else read_checkpoint(path)
    if not all(isinstance(value, Tensor) for value in tensors.values()):
        raise ModelUnavailable(f"{path} is not a plain state dict: expected a map of names to tensors")
    return tensors


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read the map in a torch file: tensors, numbers, strings, but never code. Raises `ModelUnavailable`."""
    _refuse_pointer(path)
    try:
        tensors = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ModelUnavailable(
            f"{path} is refused: it is damaged or contains Python objects, not just weights; "
            f"get it from its publisher, or save a plain state dict ({_first_line(error)})"
        ) from error
    except (RuntimeError, EOFError, ValueError, OSError) as error:
        raise _damaged(path, error) from error
    if not isinstance(tensors, dict):
        raise ModelUnavailable(f"{path} contains a {type(tensors).__name__}, not a map of weights")
    return tensors


def read_config(path: Path) -> dict[str, Any]:
    """Read a JSON file that holds an object. Raises `ModelUnavailable`."""
    try:
        values = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise ModelUnavailable(
            f"{path.name} is missing in {path.parent}; copy the whole folder of the model"
        ) from error
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from error
    if not isinstance(values, dict):
        raise ModelUnavailable(f"{path} is not a JSON object")
    return values


def fit(
    module: nn.Module,
    tensors: Mapping[str, Tensor],
    where: Path,
    *,
    names: Mapping[str, str] | None = None,
) -> set[str]:
    """Put tensors into a module built on the meta device; floats become float32.

    `names` maps prefixes of the module's names to those of the file. Returns the names used from the file. Raises
    `ModelUnavailable`, which lists missing or misshapen tensors, before changing anything.
    """
    published = _renamer(names or {"": ""})
    wanted = {published(name): (name, tensor.shape) for name, tensor in module.state_dict().items()}
    missing = [name for name in wanted if name not in tensors]
    if missing:
        raise ModelUnavailable(f"{where} lacks {_listed(missing)}; {_whose(module)}")
    misshapen = [
        f"{name} {list(tensors[name].shape)} instead of {list(shape)}"
        for name, (_, shape) in wanted.items()
        if tensors[name].shape != shape
    ]
    if misshapen:
        raise ModelUnavailable(f"{where} has tensors of other shapes: {_listed(misshapen)}; {_whose(module)}")
    state = {name: _as_float32(tensors[name_in_file]) for name_in_file, (name, _) in wanted.items()}
    module.load_state_dict(state, assign=True)
    return set(wanted)


def refuse_unexpected(tensors: Iterable[str], used: set[str], unused: Sequence[str], where: Path) -> None:
    """Raise `ModelUnavailable` if any name is neither used nor matches a regular expression in `unused`."""
    allowed = re.compile("|".join(unused) or r"(?!)")
    unexpected = [name for name in tensors if name not in used and not allowed.fullmatch(name)]
    if unexpected:
        raise ModelUnavailable(
            f"{where} has tensors that this model lacks: {_listed(unexpected)}; is it another model?"
        )


def _renamer(names: Mapping[str, str]) -> Callable[[str], str]:
    def published(name: str) -> str:
        prefix = next(prefix for prefix in names if name.startswith(prefix))
        return names[prefix] + name.removeprefix(prefix)

    return published


def _as_float32(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def _read_safetensors(path: Path) -> Tensors:
    _refuse_pointer(path)
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise _damaged(path, error) from error


def _refuse_pointer(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(len(LFS_POINTER))
    except OSError as error:
        raise ModelUnavailable(f"cannot read {path}: {error.strerror}") from error
    if start == LFS_POINTER:
        raise ModelUnavailable(f"{path} is a Git LFS pointer, not the file itself; `git lfs pull` fetches it")


def _damaged(path: Path, error: Exception) -> ModelUnavailable:
    return ModelUnavailable(f"{path} is damaged or cut off ({_first_line(error)}); delete it and fetch it again")


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _whose(module: nn.Module) -> str:
    return f"it is damaged, or not of the architecture that its configuration names ({type(module).__name__})"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - SHOWN_NAMES
    return ", ".join(names[:SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")
