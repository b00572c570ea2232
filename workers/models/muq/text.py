"""The text side of MuQ-MuLan: XLM-RoBERTa, a second transformer, and a mean over the tokens."""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import XLMRobertaConfig, XLMRobertaModel

from workers.models.muq.config import MuLanConfig, TextConfig

#: Attention scores are cosines times this.
COSINE_SCALE: Final = 8.0
#: Our name prefixes and those of the published checkpoint.
TEXT_NAMES: Final = {
    "roberta.": "mulan.text.model.",
    "transformer.": "mulan.text.transformer.",
    "text_to_latents.": "mulan.text_to_latents.",
}


class Gain(nn.Module):
    """Layer norm with a gain and no bias."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.learned_gamma = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return functional.layer_norm(x, x.shape[-1:], self.learned_gamma)


class GatedGelu(nn.Module):
    """Splits the input into halves a, b and returns a GELU(b)."""

    def forward(self, x: Tensor) -> Tensor:
        value, gate = x.chunk(2, dim=-1)
        return value * functional.gelu(gate)


class CosineAttention(nn.Module):
    """Attention over unit queries and keys (QK norm), each with a learned scale per dimension."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        inner = config.heads * config.head_width
        self.heads = config.heads
        self.norm = Gain(config.width)
        self.q_scale = nn.Parameter(torch.ones(config.head_width))
        self.k_scale = nn.Parameter(torch.ones(config.head_width))
        self.to_q = nn.Linear(config.width, inner, bias=False)
        self.to_kv = nn.Linear(config.width, 2 * inner, bias=False)
        self.to_out = nn.Sequential(nn.Linear(inner, config.width, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(x)
        query, key, value = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for part in (self.to_q(x), *self.to_kv(x).chunk(2, dim=-1))
        )
        query = functional.normalize(query, dim=-1) * self.q_scale
        key = functional.normalize(key, dim=-1) * self.k_scale
        heads = functional.scaled_dot_product_attention(query, key, value, scale=COSINE_SCALE)
        out: Tensor = self.to_out(heads.transpose(1, 2).flatten(-2))
        return out


def feed_forward(config: TextConfig) -> nn.Sequential:
    """Norm - linear - gated GELU - linear; `Identity` replaces the dropout of training, to keep the names."""
    inner = math.floor(config.width * config.multiplier * 2 / 3)
    return nn.Sequential(
        Gain(config.width),
        nn.Linear(config.width, 2 * inner, bias=False),
        GatedGelu(),
        nn.Identity(),
        nn.Linear(inner, config.width, bias=False),
    )


class Layer(nn.Sequential):
    """Attention and feed-forward (0 and 1 in the checkpoint), each with a residual connection."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__(CosineAttention(config), feed_forward(config))

    def forward(self, x: Tensor) -> Tensor:
        for part in self:
            x = x + part(x)
        return x


class Transformer(nn.Module):
    """Pre-norm layers, no positions, no final norm."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.layers = nn.Sequential(*(Layer(config) for _ in range(config.depth)))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.layers(x)
        return out


class TextTower(nn.Module):
    """Maps the token ids of one text to a unit vector; takes one text per call, for lack of a padding mask."""

    def __init__(self, config: MuLanConfig) -> None:
        super().__init__()
        self.roberta = XLMRobertaModel(XLMRobertaConfig(**config.text.roberta), add_pooling_layer=False)
        self.transformer = Transformer(config.text)
        self.text_to_latents = nn.Linear(config.text.width, config.latent)

    def hidden(self, ids: Tensor) -> Tensor:
        """Map [1, tokens] to the last state of XLM-R, [1, tokens, width]."""
        first = int(self.roberta.config.pad_token_id) + 1
        positions = torch.arange(first, first + ids.shape[1], device=ids.device)[None]
        states = self.roberta(ids, position_ids=positions, token_type_ids=torch.zeros_like(ids))
        out: Tensor = states.last_hidden_state
        return out

    def projection(self, ids: Tensor) -> Tensor:
        """Map [1, tokens] to [1, latent], not yet of unit length; the mean includes all tokens."""
        out: Tensor = self.text_to_latents(self.transformer(self.hidden(ids)).mean(dim=1))
        return out

    def forward(self, ids: Tensor) -> Tensor:
        """Map [1, tokens] to float32 [1, latent] of unit length."""
        return functional.normalize(self.projection(ids).float(), dim=-1)
