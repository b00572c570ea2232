"""Response bodies of the health checks."""

from __future__ import annotations

from typing import Literal

from gateway.http.schema import ResponseBody


class Health(ResponseBody):
    """The gateway can answer."""

    status: Literal["ok"]
    version: str
    uptime_seconds: float


# The class names here are names of `/openapi.json`, so they stay, whatever the code calls these things elsewhere.
class Part(ResponseBody):
    """One part of the mesh."""

    ready: bool
    needed: bool
    reason: str | None = None


class Readiness(ResponseBody):
    """Every part; `ready` is true if all needed parts are ready."""

    ready: bool
    parts: dict[str, Part]


class InferenceReady(ResponseBody):
    """Open Inference Protocol: whether all needed parts are ready."""

    ready: bool
