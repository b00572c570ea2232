"""Golden folders: tiny models with weights derived from the names of their tensors, and inputs from a seed.

So a folder needs only configurations, names with shapes, and the results of the published packages.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save_file
from torch import Tensor

from bench.signals import read_json

#: Entries that an architecture computes itself; they are never weights.
COMPUTED = frozenset({"inv_freq", "position_ids", "token_type_ids"})
#: One-dimensional entries that multiply: near 1.
GAINS = frozenset({"weight", "gamma", "learned_gamma", "q_scale", "k_scale", "weight_g"})
#: Deviation of everything except matrices.
SPREAD = np.float32(0.05)
#: Factor by which convolutions are drawn wider than matrices.
CONVOLUTION_GAIN = 1.5
#: Both notations for the parts of a weight norm draw the same numbers.
WEIGHT_NORM = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}

Array = npt.NDArray[Any]


def weights(name: str, shape: Sequence[int]) -> Array | None:
    """Returns the tensor for a state-dict name: normal numbers seeded by the name's CRC-32, scaled by its kind.

    None for entries that the architecture computes.
    """
    for today, older in WEIGHT_NORM.items():
        name = name.replace(today, older)
    kind = name.split(".")[-1]
    if kind in COMPUTED:
        return None
    if kind == "num_batches_tracked":
        return np.zeros(shape, np.int64)
    draw = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(tuple(shape)).astype(np.float32)
    if kind == "running_var":
        return 1 + SPREAD * np.abs(draw)
    if kind == "weight_g" or (len(shape) == 1 and kind in GAINS):
        return 1 + SPREAD * draw
    if len(shape) < 2:
        return SPREAD * draw
    gain = CONVOLUTION_GAIN if len(shape) > 2 else 1.0
    return draw * np.float32(gain / np.sqrt(np.prod(shape[1:])))


def tensors(names: Mapping[str, Sequence[int]]) -> dict[str, Tensor]:
    """Returns a state dict with generated weights for names with shapes."""
    drawn = {name: weights(name, shape) for name, shape in names.items()}
    return {name: torch.from_numpy(np.asarray(array)) for name, array in drawn.items() if array is not None}


def write_muq(golden: Path, checkpoints: Path, *, safetensors: bool = True) -> None:
    """Write the three repositories of MuQ-MuLan below `checkpoints`, with weights in either format."""
    configs: dict[str, Any] = read_json(golden / "muq_mulan_config.json")
    names: dict[str, Any] = read_json(golden / "muq_mulan_names.json")
    for repository, config in configs.items():
        folder = checkpoints / repository
        write_config(folder, "config.json", config)
        write_weights(folder, tensors(names[repository]), safetensors=safetensors)
    tokenizer = (golden / "muq_mulan_tokenizer.json").read_bytes()
    (checkpoints / "xlm-roberta-base" / "tokenizer.json").write_bytes(tokenizer)


def write_mert(golden: Path, checkpoints: Path, *, safetensors: bool = True) -> None:
    """Write MERT's repository; safetensors uses the current names of the weight norm, the torch file the older ones."""
    folder = checkpoints / "MERT-v1-330M"
    for name, config in read_json(golden / "mert_config.json").items():
        write_config(folder, name, config)
    names = read_json(golden / "mert_names.json")["model.safetensors" if safetensors else "pytorch_model.bin"]
    write_weights(folder, tensors(names), safetensors=safetensors)


def write_config(folder: Path, name: str, config: Mapping[str, Any]) -> None:
    """Write one JSON file of a repository."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(config))


def write_weights(folder: Path, state: dict[str, Tensor], *, safetensors: bool = True) -> None:
    """Write a repository's weights as `model.safetensors` or `pytorch_model.bin`."""
    folder.mkdir(parents=True, exist_ok=True)
    if safetensors:
        save_file({name: tensor.contiguous() for name, tensor in state.items()}, folder / "model.safetensors")
    else:
        torch.save(state, folder / "pytorch_model.bin")
