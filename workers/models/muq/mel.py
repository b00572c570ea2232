"""MuQ's input: log-mel spectra of audio at 24 kHz."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

#: Samples per short-time spectrum.
FFT_SIZE: Final = 2048
#: Power at or below which a band counts as silent: -100 dB.
MIN_POWER: Final = 1e-10
#: The HTK mel scale: 2595 log10(1 + f / 700).
HTK_FACTOR, HTK_CORNER = 2595.0, 700.0


@dataclass(frozen=True, slots=True)
class MelConfig:
    """Rate in Hz, hop in samples, number of bands; mean and deviation of the training data in dB."""

    rate: int
    hop: int
    bands: int
    mean: float
    deviation: float


class LogMel(nn.Module):
    """Maps samples to mel bands in decibels: power spectra of periodic Hann windows, HTK triangles of height 1."""

    window: Tensor
    filters: Tensor

    def __init__(self, config: MelConfig) -> None:
        super().__init__()
        self.config = config
        # Not on the meta device, where large models are built, because no checkpoint holds these.
        self.register_buffer("window", torch.hann_window(FFT_SIZE, device="cpu"), persistent=False)
        self.register_buffer("filters", mel_filters(config.rate, config.bands), persistent=False)

    def decibels(self, audio: Tensor) -> Tensor:
        """Map float32 [n, samples], over 1,024 samples, to [n, bands, samples // hop] in dB; silence is -100."""
        with torch.autocast(audio.device.type, enabled=False):
            spectra = torch.stft(
                audio.float(),
                FFT_SIZE,
                self.config.hop,
                window=self.window,
                center=True,
                pad_mode="reflect",
                return_complex=True,
            )
            power = spectra.real.square() + spectra.imag.square()
            bands = torch.matmul(self.filters, power[..., :-1])
            return 10.0 * torch.log10(bands.clamp(min=MIN_POWER))

    def forward(self, audio: Tensor) -> Tensor:
        """Map [n, samples] to [n, bands, frames], scaled as in training."""
        return (self.decibels(audio) - self.config.mean) / self.config.deviation


def mel_filters(rate: int, bands: int) -> Tensor:
    """Return float32 [bands, FFT_SIZE // 2 + 1]: triangles of height 1, 0 Hz to half the rate, evenly spaced in mel."""
    nyquist = rate / 2
    bins = torch.linspace(0, rate // 2, FFT_SIZE // 2 + 1, device="cpu")
    top = HTK_FACTOR * torch.log10(torch.tensor(1 + nyquist / HTK_CORNER, device="cpu")).item()
    corners = HTK_CORNER * (10 ** (torch.linspace(0, top, bands + 2, device="cpu") / HTK_FACTOR) - 1)
    widths = corners.diff()
    distances = corners[:, None] - bins[None, :]
    falling = distances[2:] / widths[1:, None]
    rising = -distances[:-2] / widths[:-1, None]
    return torch.minimum(rising, falling).clamp(min=0)
