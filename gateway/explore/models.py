"""The models that a person's list may name."""

from __future__ import annotations

from aiohttp import web

from contract.message import message
from gateway.http.camel import CamelResponse, camel
from gateway.http.reply import json_reply
from gateway.models.handlers import model_workers
from gateway.people.caller import caller


@message
class ListModel(CamelResponse):
    """A model whose vectors a list may be made from; `text`: whether it can read a description."""

    name: str
    description: str
    text: bool


@message
class ListModels(CamelResponse):
    """The models that are enabled, in the order of SONICMESH_MODELS."""

    models: list[ListModel]


async def models(request: web.Request) -> web.StreamResponse:
    """The models that a list may name."""
    await caller(request)
    known = await model_workers(request.app).models()
    enabled = [
        ListModel(name=each.name, description=each.description, text=each.text) for each in known if each.enabled
    ]
    return json_reply(camel(ListModels(models=enabled)))
