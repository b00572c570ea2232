"""The audio side of MuQ-MuLan: turns a clip of 10 s into a unit vector."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from workers.models.muq.config import MuLanConfig
from workers.models.muq.conformer import Conformer, Subsampling
from workers.models.muq.mel import LogMel

#: Our name prefixes and those of the published checkpoint.
AUDIO_NAMES: Final = {
    "conv.": "mulan.audio.model.model.conv.",
    "conformer.": "mulan.audio.model.model.conformer.",
    "proj.": "mulan.audio.proj.",
    "audio_to_latents.": "mulan.audio_to_latents.",
}


class AudioTower(nn.Module):
    """Log-mel, encoder, mean over time, and two consecutive linear maps."""

    def __init__(self, config: MuLanConfig) -> None:
        super().__init__()
        self.mel = LogMel(config.mel)
        self.conv = Subsampling(config.conformer)
        self.conformer = Conformer(config.conformer)
        self.proj = nn.Linear(config.conformer.width, config.audio_width)
        self.audio_to_latents = nn.Linear(config.audio_width, config.latent)

    def hidden(self, audio: Tensor) -> Tensor:
        """Map [n, samples] at 24 kHz to [n, frames, width], 25 frames per second."""
        out: Tensor = self.conformer(self.conv(self.mel(audio)))
        return out

    def projection(self, audio: Tensor) -> Tensor:
        """Map [n, samples] to [n, latent], not yet of unit length."""
        out: Tensor = self.audio_to_latents(self.proj(self.hidden(audio)).mean(dim=1))
        return out

    def forward(self, audio: Tensor) -> Tensor:
        """Map clips [n, samples] at 24 kHz to float32 [n, latent] of unit length."""
        return functional.normalize(self.projection(audio).float(), dim=-1)


def wrapped_clips(wav: Tensor, clip: int) -> list[Tensor]:
    """Split [samples] into clips of `clip` samples; the start of the audio fills up a shorter last one.

    This is how the published package splits a recording. One below half a clip gives a clip that is still too short.
    """
    pieces = list(torch.split(wav, clip))
    missing = clip - len(pieces[-1])
    if missing:
        pieces[-1] = torch.cat([pieces[-1], wav[:missing]])
    return pieces
