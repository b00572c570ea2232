"""`GET /models` and the models of the Open Inference Protocol."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from gateway.http.schema import ResponseBody


class Model(ResponseBody):
    """One model, running or not."""

    name: str
    dimension: int
    status: Literal["available", "stub", "unavailable"]
    description: str
    loaded: bool
    workers: int
    device: str | None
    license: str
    text: bool = Field(description="whether a text has a vector in its space")
    text_by: str | None = Field(
        None, description="what reads the text: the model, or words, and how well they are known"
    )
    enabled: bool
    reason: str | None = Field(None, description="why it is not available")


class LoadAnswer(ResponseBody):
    """The workers accepted the order; `model.*` events report the outcome."""

    name: str
    accepted: bool
    workers: list[str]


class InferenceModelReady(ResponseBody):
    """Open Inference Protocol: whether a model can be used."""

    name: str
    ready: bool


class InferenceModel(ResponseBody):
    """Open Inference Protocol model metadata."""

    name: str
    platform: str
    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]
