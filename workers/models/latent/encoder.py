"""Run Music2Latent's encoder on a device: chunks of audio to latents."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable
from importlib import import_module
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from broker.vectors import Vectors
from workers.models.latent.chunks import Chunk, Chunking, Samples, cut
from workers.models.latent.package import HyperParameters
from workers.models.neural.growing import GrowingRows
from workers.models.neural.inference import HALF_PRECISIONS, LEAST_COSINE, least_cosine, probe_clips, to_device

#: Length in seconds of the signal for comparing precisions.
PROBE_SECONDS: Final = 2

log = logging.getLogger(__name__)


class LatentEncoder:
    """Encodes tracks while reading them. `latents` is how many numbers a moment has."""

    def __init__(self, encoder: nn.Module, parameters: HyperParameters, device: str, *, compiled: bool = False) -> None:
        self.precision: torch.dtype | None = None
        self.device = torch.device(device)
        self.rate = int(parameters.get("sample_rate"))
        self.latents = int(parameters.get("bottleneck_channels"))
        self.chunking = chunking(parameters)
        self._parameters = parameters
        self._rescale = float(parameters.get("sigma_rescale"))
        self._encoder = torch.compile(encoder.to(device)) if compiled else encoder.to(device)

    def track(self, blocks: Iterable[Samples]) -> Vectors | None:
        """Encode blocks [2, n] as float32 [2, latents, T]; None if there are no blocks.

        Returns [1, latents, T] if the second channel is all zeros, as for a mono file.
        """
        first, second = GrowingRows(), GrowingRows()
        heard = False
        for chunk in cut(blocks, self.chunking):
            _append(first, self._channel(chunk, 0))
            silent = not chunk.samples[1].any() and (chunk.filling is None or not chunk.filling[1].any())
            if heard or not silent:
                if not heard:
                    self._append_silence(second, len(first) - chunk.latents)
                    heard = True
                _append(second, self._channel(chunk, 1))
        if not len(first):
            return None
        channels = (first, second) if heard else (first,)
        return np.stack([np.ascontiguousarray(rows.array().T) for rows in channels])

    def tune(self) -> None:
        """Warm up and, on a GPU, choose the precision."""
        probe = probe_clips(1, self.chunking.samples(self._probe_frames()))
        exact = self._run([probe], None).reshape(1, -1)
        if self.device.type != "cuda":
            return
        cosines = {half: least_cosine(exact, self._run([probe], half).reshape(1, -1)) for half in HALF_PRECISIONS}
        best = max(cosines, key=lambda half: cosines[half])
        self.precision = best if cosines[best] >= LEAST_COSINE else None
        log.info("precision %s", self.precision or torch.float32)

    def _probe_frames(self) -> int:
        return min(self.chunking.frames, self.chunking.usable_frames(PROBE_SECONDS * self.rate))

    def _channel(self, chunk: Chunk, channel: int) -> Vectors:
        pieces = [chunk.samples[channel : channel + 1]]
        if chunk.filling is not None:
            pieces.append(chunk.filling[channel : channel + 1])
        latents = self._run(pieces, self.precision)
        if self.precision is not None and not np.isfinite(latents).all():
            log.warning("half precision gave NaN; computing this chunk in float32")
            latents = self._run(pieces, None)
        return latents[:, : chunk.latents]

    def _append_silence(self, rows: GrowingRows, count: int) -> None:
        """Add the latents of the silent chunks before the channel's first sound; all are equal."""
        whole = self.chunking.frames // self.chunking.reduction
        if count:
            samples = np.zeros((1, self.chunking.samples(self.chunking.frames)), np.float32)
            silence = self._channel(Chunk(samples, None, whole), 0)
        for _ in range(count // whole):
            _append(rows, silence)

    def _run(self, pieces: list[Samples], precision: torch.dtype | None) -> Vectors:
        """Encode pieces [1, n] with consecutive frames as float32 [latents, T]."""
        autocast = torch.autocast(self.device.type, precision) if precision else contextlib.nullcontext()
        with self._parameters.hold(), torch.inference_mode(), autocast:
            spectra = import_module("music2latent.audio").to_representation_encoder
            frames = torch.cat([spectra(to_device(np.ascontiguousarray(piece), self.device)) for piece in pieces], -1)
            out: Tensor = self._encoder(frames)
            latents: Vectors = (out[0].float() / self._rescale).cpu().numpy()
        return latents


def _append(rows: GrowingRows, latents: Vectors) -> None:
    """Append latents [latents, T], one row per moment."""
    for moment in latents.T:
        rows.append(moment)


def chunking(parameters: HyperParameters) -> Chunking:
    """Return the package's own chunking."""
    hop = int(parameters.get("hop"))
    reduction = int(2 ** list(parameters.get("freq_downsample_list")).count(0))
    frames = int(parameters.get("max_waveform_length_encode") / hop) // reduction * reduction
    return Chunking(hop, frames, reduction)
