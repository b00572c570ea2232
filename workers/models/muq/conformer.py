"""MuQ's audio encoder: strided convolutions down to 25 frames per second, then a conformer.

Conformer layers (Gulati et al. 2020, https://arxiv.org/abs/2005.08100) with rotary positions that apply to the input of
the query and key projections, not to their output. Modules have the names of the published checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

#: Strided blocks of the subsampling; each one halves time and frequency.
BLOCKS: Final = 2
#: The factor by which the subsampling reduces frames and bands.
REDUCTION: Final = 2**BLOCKS


@dataclass(frozen=True, slots=True)
class ConformerConfig:
    """Sizes of the encoder: mel bands, channels of the convolutions, width and depth of the model."""

    bands: int
    channels: int
    width: int
    depth: int
    heads: int
    inner: int
    kernel: int
    rotary_base: float
    eps: float


class ResidualBlock(nn.Module):
    """Maps [n, c, f, t] to [n, d, f / 2, t / 2]."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=2, padding=1)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv3 = nn.Conv2d(inputs, outputs, 3, stride=2, padding=1)
        self.bn3 = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        inner = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(inner)) + self.bn3(self.conv3(x)))


class Subsampling(nn.Module):
    """Maps scaled mel [n, bands, frames] to [n, frames / 4, width]."""

    def __init__(self, config: ConformerConfig) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            ResidualBlock(1, config.channels),
            *(ResidualBlock(config.channels, config.channels) for _ in range(BLOCKS - 1)),
        )
        self.linear = nn.Linear(config.channels * (config.bands // REDUCTION), config.width)

    def forward(self, mel: Tensor) -> Tensor:
        maps: Tensor = self.conv(mel.unsqueeze(1))
        frames: Tensor = self.linear(maps.permute(0, 3, 1, 2).flatten(2))
        return frames


class FeedForward(nn.Module):
    """Linear - SiLU - linear."""

    def __init__(self, config: ConformerConfig) -> None:
        super().__init__()
        self.intermediate_dense = nn.Linear(config.width, config.inner)
        self.output_dense = nn.Linear(config.inner, config.width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.output_dense(functional.silu(self.intermediate_dense(x)))
        return out


class Attention(nn.Module):
    """Self-attention without a mask; queries and keys come from the rotated input, values from the plain one."""

    def __init__(self, config: ConformerConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.linear_q = nn.Linear(config.width, config.width)
        self.linear_k = nn.Linear(config.width, config.width)
        self.linear_v = nn.Linear(config.width, config.width)
        self.linear_out = nn.Linear(config.width, config.width)

    def forward(self, x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        """Attend over `x` [n, t, width]; `cosine` and `sine` are [t, width / heads]."""
        split = x.reshape(*x.shape[:-1], self.heads, -1)
        first, second = split.chunk(2, dim=-1)
        turned = torch.cat([-second, first], dim=-1)
        rotated = (split * cosine[:, None] + turned * sine[:, None]).flatten(-2)
        query, key, value = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for part in (self.linear_q(rotated), self.linear_k(rotated), self.linear_v(x))
        )
        heads = functional.scaled_dot_product_attention(query, key, value)
        out: Tensor = self.linear_out(heads.transpose(1, 2).flatten(-2))
        return out


class Convolution(nn.Module):
    """Norm - pointwise - GLU - depthwise - batch norm - SiLU - pointwise, over time."""

    def __init__(self, config: ConformerConfig) -> None:
        super().__init__()
        width = config.width
        self.layer_norm = nn.LayerNorm(width, eps=config.eps)
        self.pointwise_conv1 = nn.Conv1d(width, 2 * width, 1, bias=False)
        self.depthwise_conv = nn.Conv1d(
            width, width, config.kernel, padding=config.kernel // 2, groups=width, bias=False
        )
        self.batch_norm = nn.BatchNorm1d(width)
        self.pointwise_conv2 = nn.Conv1d(width, width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gated = functional.glu(self.pointwise_conv1(self.layer_norm(x).transpose(1, 2)), dim=1)
        out: Tensor = self.pointwise_conv2(functional.silu(self.batch_norm(self.depthwise_conv(gated))))
        return out.transpose(1, 2)


class ConformerLayer(nn.Module):
    """Half a feed-forward, attention, convolution, half a feed-forward, norm."""

    def __init__(self, config: ConformerConfig) -> None:
        super().__init__()
        self.ffn1_layer_norm = nn.LayerNorm(config.width, eps=config.eps)
        self.ffn1 = FeedForward(config)
        self.self_attn_layer_norm = nn.LayerNorm(config.width, eps=config.eps)
        self.self_attn = Attention(config)
        self.conv_module = Convolution(config)
        self.ffn2_layer_norm = nn.LayerNorm(config.width, eps=config.eps)
        self.ffn2 = FeedForward(config)
        self.final_layer_norm = nn.LayerNorm(config.width, eps=config.eps)

    def forward(self, x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        x = x + 0.5 * self.ffn1(self.ffn1_layer_norm(x))
        x = x + self.self_attn(self.self_attn_layer_norm(x), cosine, sine)
        x = x + self.conv_module(x)
        x = x + 0.5 * self.ffn2(self.ffn2_layer_norm(x))
        out: Tensor = self.final_layer_norm(x)
        return out


class Conformer(nn.Module):
    """Maps [n, t, width] to the same shape; only the rotary tables encode positions."""

    def __init__(self, config: ConformerConfig) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.ModuleList(ConformerLayer(config) for _ in range(config.depth))
        self.layer_norm = nn.LayerNorm(config.width, eps=config.eps)

    def forward(self, x: Tensor) -> Tensor:
        cosine, sine = rotary_tables(x.shape[1], self.config, x)
        for layer in self.layers:
            x = layer(x, cosine, sine)
        out: Tensor = self.layer_norm(x)
        return out


def rotary_tables(frames: int, config: ConformerConfig, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return cosines and sines [frames, width / heads] of t / base^(2i / d), i = 0 ... d/2 - 1, once for each half."""
    size = config.width // config.heads
    exponents = torch.arange(0, size, 2, dtype=torch.float32, device=like.device) / size
    times = torch.arange(frames, dtype=torch.float32, device=like.device)
    angles = torch.outer(times, 1.0 / config.rotary_base**exponents)
    both = torch.cat([angles, angles], dim=-1)
    return both.cos().to(like.dtype), both.sin().to(like.dtype)
