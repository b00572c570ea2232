"""Endpoints for models, and their counterparts in the Open Inference Protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from contract.errors import ModelUnavailable, NotFound
from gateway.http.endpoint import MESH, Endpoint
from gateway.models import handlers
from gateway.models.schema import InferenceModel, InferenceModelReady, LoadAnswer, Model

INFERENCE: Final = "open inference"
LOAD: Final = (NotFound, ModelUnavailable, *MESH)
MODEL: Final = (*MESH, NotFound)

#: On both ports.
LIST: Final = Endpoint("GET", "/models", handlers.models, "models", reply=Model, many=True, codes=MESH)

ENDPOINTS: Final[Sequence[Endpoint]] = (
    LIST,
    Endpoint("POST", "/models/{name}/load", handlers.load, "models", reply=LoadAnswer, codes=LOAD),
    Endpoint("POST", "/models/{name}/unload", handlers.unload, "models", reply=LoadAnswer, codes=LOAD),
    Endpoint("GET", "/v2", handlers.server_metadata, INFERENCE),
    Endpoint("GET", "/v2/models/{name}", handlers.model_metadata, INFERENCE, reply=InferenceModel, codes=MODEL),
    Endpoint(
        "GET",
        "/v2/models/{name}/ready",
        handlers.model_ready,
        INFERENCE,
        reply=InferenceModelReady,
        codes=MODEL,
        unready=InferenceModelReady,
    ),
)
