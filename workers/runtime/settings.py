"""Settings that several workers share: which models, on which device, with how much memory."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Any, Final

from pydantic import field_validator
from pydantic_settings import NoDecode

from contract.errors import StoreUnavailable
from contract.settings import AUTO, MeshSettings, TextEmbeddingSettings, setting
from machine import memory_bytes, processors
from workers.models.musicnn.locations import available
from workers.models.registry import DEFAULT, FALLBACK
from workers.models.registry import models as known_models
from workers.runtime.default_model import meant, settle_fresh, unnamed

#: Factors of the unit letters that may end a size.
UNITS: Final = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)


class ModelSettings(MeshSettings):
    """Which models run here, and which one answers requests that name none."""

    named_models: Annotated[tuple[str, ...], NoDecode] = setting(
        "SONICMESH_MODELS",
        (),
        "models that run here, separated by commas; empty: fusion, or spectral if musicnn's weights are missing",
    )
    default_model: str = setting(
        "SONICMESH_DEFAULT_MODEL",
        AUTO,
        "model of requests that name none; auto: muq if it has embedded enough of the library, else fusion or spectral",
    )

    @field_validator("named_models", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        names = tuple(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))
        if not names:
            raise ValueError(f"at least one model is needed; known models are {', '.join(known_models())}")
        return names

    @field_validator("named_models")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = known_models()
        unknown = [name for name in names if name not in known]
        if unknown:
            raise ValueError(f"no such model: {', '.join(unknown)}; known models are {', '.join(known)}")
        return names

    @field_validator("default_model")
    @classmethod
    def _known_default(cls, name: str) -> str:
        if name != AUTO and name not in known_models():
            raise ValueError(f"expected auto or one of {', '.join(known_models())}")
        return name


class WorkerSettings(TextEmbeddingSettings, ModelSettings):
    """What model workers, search and library must agree on."""

    nice: int = setting(
        "SONICMESH_NICE", 5, "niceness of model workers, 0 to 19: they yield to other processes", ge=0, le=19
    )
    cpu_model_memory: int = setting(
        "SONICMESH_CPU_MODEL_MEMORY",
        0,
        "memory of all models on the CPU, in bytes or like 8G; 0: half of the memory",
        ge=0,
    )
    model_idle_seconds: float = setting(
        "SONICMESH_MODEL_IDLE_S", 360.0, "seconds without work after which a model is unloaded", gt=0
    )
    model_check_seconds: float = setting(
        "SONICMESH_MODEL_CHECK_S", 5.0, "seconds between two checks for idle models", gt=0
    )
    threads: int = setting(
        "SONICMESH_THREADS", 0, "compute threads of one model worker; 0: half of the processors", ge=0
    )
    mert_hop_seconds: float = setting(
        "SONICMESH_MERT_HOP_S", 5.0, "seconds between two windows of MERT, 1 to 30; 5 as published", ge=1, le=30
    )
    latent_chunk_seconds: float = setting(
        "SONICMESH_LATENT_CHUNK_S",
        5.0,
        "seconds of audio that Music2Latent computes at once, 1 to 60; 60 as published, which takes 6.7 GB",
        ge=1,
        le=60,
    )
    torch_compile: bool = setting(
        "SONICMESH_TORCH_COMPILE", False, "compile models on loading: takes minutes once, then runs somewhat faster"
    )
    drain_seconds: float = setting(
        "SONICMESH_DRAIN_S", 20.0, "seconds a stopping worker may take to finish what it holds", ge=0
    )

    hang_seconds: float = setting(
        "SONICMESH_HANG_S",
        300.0,
        "seconds past its deadline after which a call counts as hanging and its worker restarts",
        gt=0,
    )

    @field_validator("cpu_model_memory", mode="before")
    @classmethod
    def _size(cls, value: Any) -> Any:
        return parse_size(value) if isinstance(value, str) else value

    @property
    def models(self) -> tuple[str, ...]:
        """The enabled models. If none is named, they may change while the mesh runs: see `default_model`."""
        return self.named_models or unnamed(self.data, self.has_weights)

    @cached_property
    def has_weights(self) -> bool:
        """Whether musicnn's weights were there when this process first asked.

        Weights fetched later count from the next start on, when there is a worker for them.
        """
        return available(self.checkpoints)

    @property
    def built_in(self) -> str:
        """`fusion` or `spectral`: the built-in model for requests that name none."""
        if self.named_models:
            return DEFAULT if DEFAULT in self.named_models else FALLBACK
        return meant(self.data) or (FALLBACK if FALLBACK in self.models else DEFAULT)

    def settle_default(self) -> None:
        """In a fresh data folder, record which model is meant if none is named. Raises `StoreUnavailable`.

        Library and search start together: each records it before it makes its first file, so that neither takes the
        other's file for the trace of an older release.
        """
        if self.named_models:
            return
        try:
            settle_fresh(self.data, self.has_weights)
        except OSError as error:
            raise StoreUnavailable(f"{self.data} cannot be written: {error}") from error

    @property
    def cpu_budget(self) -> int:
        """Bytes of memory that all models on this host's CPU may take together."""
        return self.cpu_model_memory or memory_bytes() // 2

    @property
    def compute_threads(self) -> int:
        """Compute threads of one model worker; the default of half the processors keeps a small machine usable."""
        return self.threads or max(1, processors() // 2)


def parse_size(text: str) -> int:
    """Returns the bytes of `8G`, `512M`, `1.5 GiB` or a plain number. Raises `ValueError`."""
    match = SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError("expected bytes, or a number with K, M, G or T")
    return int(float(match[1]) * UNITS[match[2].upper()])
