"""`/models`, and its counterpart in the Open Inference Protocol."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from contract.worker import PrivateWorker
from gateway.http.reply import json_reply
from gateway.keys import MESH, MODEL_DIRECTORY
from gateway.models.workers import USABLE, ModelWorkers
from gateway.version import VERSION


def model_workers(app: web.Application) -> ModelWorkers:
    """Return this application's access to the workers of models."""
    return ModelWorkers(app[MESH], app[MODEL_DIRECTORY])


async def models(request: web.Request) -> web.StreamResponse:
    """Every known model, running or not."""
    return json_reply(await model_workers(request.app).models())


async def load(request: web.Request) -> web.StreamResponse:
    """Load a model in all its workers; `model.*` events report the outcome."""
    return json_reply(await model_workers(request.app).order(request.match_info["name"], PrivateWorker.load))


async def unload(request: web.Request) -> web.StreamResponse:
    """Unload a model in all its workers to free memory."""
    return json_reply(await model_workers(request.app).order(request.match_info["name"], PrivateWorker.unload))


async def server_metadata(_request: web.Request) -> web.StreamResponse:
    """Open Inference: server metadata."""
    return json_reply({"name": "sonic-mesh", "version": VERSION, "extensions": []})


async def model_metadata(request: web.Request) -> web.StreamResponse:
    """Open Inference: the inputs and outputs of a model."""
    model = await model_workers(request.app).model(request.match_info["name"])
    return json_reply(
        {
            "name": model.name,
            "versions": [],
            "platform": "sonic-mesh",
            "inputs": [_tensor("text", "BYTES", [1])] if model.text else [],
            "outputs": [_tensor("embedding", "FP32", [model.dimension])],
        }
    )


async def model_ready(request: web.Request) -> web.StreamResponse:
    """Open Inference: 200 if the model can be used, 503 if not."""
    model = await model_workers(request.app).model(request.match_info["name"])
    ready = model.status in USABLE
    return json_reply({"name": model.name, "ready": ready}, 200 if ready else 503)


def _tensor(name: str, datatype: str, shape: list[int]) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape}
