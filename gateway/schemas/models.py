"""`GET /models` and the health pages."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from gateway.schemas.base import Answer


class Model(Answer):
    """One model, running or not."""

    name: str
    dimension: int
    status: Literal["available", "stub", "unavailable"]
    description: str
    loaded: bool
    workers: int
    device: str | None
    license: str
    text: bool = Field(description="whether it can embed a text")
    enabled: bool
    reason: str | None = Field(None, description="why it is not available")


class LoadAnswer(Answer):
    """The order reached the workers; `model.*` events tell how it went."""

    name: str
    accepted: bool
    workers: list[str]


class Health(Answer):
    """The gateway can answer."""

    status: Literal["ok"]
    version: str
    uptime_seconds: float


class Part(Answer):
    """One part of the mesh."""

    ready: bool
    needed: bool
    reason: str | None = None


class Readiness(Answer):
    """Every part; `ready` where all that is needed is."""

    ready: bool
    parts: dict[str, Part]


class InferenceReady(Answer):
    """Open Inference Protocol: whether everything that is needed is ready."""

    ready: bool


class InferenceModelReady(InferenceReady):
    """Open Inference Protocol: whether a model can be used."""

    name: str


class InferenceModel(Answer):
    """Open Inference Protocol model metadata."""

    name: str
    platform: str
    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]
