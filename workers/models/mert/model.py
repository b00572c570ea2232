"""MERT as a HuBERT of `transformers`: turns a window of audio into the means over time of all layers."""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor, nn
from transformers import HubertModel

from workers.models.mert.config import hubert_config, normalises
from workers.models.mert.files import MertFiles
from workers.models.neural.build import drop_empty_buffers, empty
from workers.models.neural.weights import Tensors, fit, read_config, read_tensors, refuse_unexpected

#: Added to a window's variance, as in the published feature extractor.
VARIANCE_FLOOR: Final = 1e-7
#: Names of weight norm parameters: in older checkpoints, and now.
WEIGHT_NORM: Final = {"weight_g": "parametrizations.weight.original0", "weight_v": "parametrizations.weight.original1"}
#: Only used in training.
UNUSED: Final = (r"masked_spec_embed",)


class LayerMeans(nn.Module):
    """Maps windows [n, samples] to [n, (layers + 1) * width]: each layer's input, then the last layer's output.

    Hooks collect the inputs instead of `hidden_states`: transformers 4 and 5 disagree about the last of those, and
    keeping all of them would take 25 times the memory.
    """

    def __init__(self, config: Any, *, normalise: bool) -> None:
        super().__init__()
        self.hubert = HubertModel(config)
        self.dimension = int((config.num_hidden_layers + 1) * config.hidden_size)
        self._normalise = normalise
        self._means: list[Tensor] = []
        for layer in self.hubert.encoder.layers:
            layer.register_forward_pre_hook(self._take)

    def _take(self, _layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        self._means.append(inputs[0].float().mean(dim=1))

    def forward(self, windows: Tensor) -> Tensor:
        self._means.clear()
        last = self.hubert(normalised(windows) if self._normalise else windows).last_hidden_state
        means = torch.cat([*self._means, last.float().mean(dim=1)], dim=-1)
        self._means.clear()
        return means


def normalised(windows: Tensor) -> Tensor:
    """Scale each row, padding included, to zero mean and unit variance."""
    mean = windows.mean(dim=-1, keepdim=True)
    variance = windows.var(dim=-1, keepdim=True, correction=0)
    return (windows - mean) / torch.sqrt(variance + VARIANCE_FLOOR)


def load_mert(files: MertFiles, rate: int) -> LayerMeans:
    """Load on the CPU, in inference mode. Raises `ModelUnavailable`, which says what is wrong and what to do."""
    config = hubert_config(read_config(files.config))
    normalise = normalises(read_config(files.preprocessor), rate)
    tensors = _todays_names(read_tensors(files.weights))
    model = empty(lambda: LayerMeans(config, normalise=normalise))
    used = fit(model.hubert, tensors, files.weights)
    refuse_unexpected(tensors, used, UNUSED, files.weights)
    drop_empty_buffers(model)
    return model


def _todays_names(tensors: Tensors) -> Tensors:
    return {_todays_name(name): tensor for name, tensor in tensors.items()}


def _todays_name(name: str) -> str:
    head, _, last = name.rpartition(".")
    return f"{head}.{WEIGHT_NORM[last]}" if last in WEIGHT_NORM else name
