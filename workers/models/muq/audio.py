"""The audio side of MuQ-MuLan: a clip of 10 s to a unit vector."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from workers.models.muq.config import MuLanConfig
from workers.models.muq.conformer import Conformer, Subsampling
from workers.models.muq.mel import LogMel

#: Our names and those of the published checkpoint.
AUDIO_NAMES = {
    "conv.": "mulan.audio.model.model.conv.",
    "conformer.": "mulan.audio.model.model.conformer.",
    "proj.": "mulan.audio.proj.",
    "audio_to_latents.": "mulan.audio_to_latents.",
}


class AudioSide(nn.Module):
    """Log-mel, encoder, mean over time, two linear maps without anything in between."""

    def __init__(self, config: MuLanConfig) -> None:
        super().__init__()
        self.mel = LogMel(config.mel)
        self.conv = Subsampling(config.conformer)
        self.conformer = Conformer(config.conformer)
        self.proj = nn.Linear(config.conformer.width, config.audio_width)
        self.audio_to_latents = nn.Linear(config.audio_width, config.latent)

    def hidden(self, audio: Tensor) -> Tensor:
        """[n, samples] at 24 kHz -> [n, frames, width], 25 frames a second."""
        out: Tensor = self.conformer(self.conv(self.mel(audio)))
        return out

    def projection(self, audio: Tensor) -> Tensor:
        """[n, samples] -> [n, latent], before it is brought to unit length."""
        out: Tensor = self.audio_to_latents(self.proj(self.hidden(audio)).mean(dim=1))
        return out

    def forward(self, audio: Tensor) -> Tensor:
        """Clips [n, samples] at 24 kHz -> float32 [n, latent], unit length."""
        return functional.normalize(self.projection(audio).float(), dim=-1)


def wrapped_clips(wav: Tensor, clip: int) -> list[Tensor]:
    """[samples] -> clips of `clip` samples; a shorter last one goes on with the start of the same audio.

    So the published package cuts a recording. A recording below half a clip gives a clip that is still too short.
    """
    pieces = list(torch.split(wav, clip))
    missing = clip - len(pieces[-1])
    if missing:
        pieces[-1] = torch.cat([pieces[-1], wav[:missing]])
    return pieces
