"""Response bodies of the health checks."""

from __future__ import annotations

from typing import Literal

from gateway.http.schema import Answer


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
    """Every part; `ready` is true if all needed parts are ready."""

    ready: bool
    parts: dict[str, Part]


class InferenceReady(Answer):
    """Open Inference Protocol: whether all needed parts are ready."""

    ready: bool
