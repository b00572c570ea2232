"""Typed application keys, under which handlers find the parts of the gateway."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from gateway.events.feed import Feed
    from gateway.explore.visibility import Visibility
    from gateway.explore.words import ExampleTexts
    from gateway.http.body_reader import BodyReader
    from gateway.http.endpoint import Endpoint
    from gateway.http.hosts import Hosts
    from gateway.http.limiter import RateLimiter
    from gateway.mesh import MeshConnection
    from gateway.metrics.metrics import Metrics
    from gateway.models.directory import ModelDirectory
    from gateway.people.identity import Identities
    from gateway.people.navidrome import Navidrome
    from gateway.session.sessions import Sessions
    from gateway.settings import GatewaySettings
    from gateway.text.reading import TextModels
    from gateway.text.texts import TextVectors

SETTINGS: web.AppKey[GatewaySettings] = web.AppKey("settings")
MESH: web.AppKey[MeshConnection] = web.AppKey("mesh")
MODEL_DIRECTORY: web.AppKey[ModelDirectory] = web.AppKey("model_directory")
TEXTS: web.AppKey[TextVectors] = web.AppKey("texts")
TEXT_MODELS: web.AppKey[TextModels] = web.AppKey("text_models")
FEED: web.AppKey[Feed] = web.AppKey("feed")
METRICS: web.AppKey[Metrics] = web.AppKey("metrics")
LIMITER: web.AppKey[RateLimiter] = web.AppKey("limiter")
ADDRESS_LIMITER: web.AppKey[RateLimiter] = web.AppKey("address_limiter")
TOKEN_GUESSES: web.AppKey[RateLimiter] = web.AppKey("token_guesses")
HOSTS: web.AppKey[Hosts] = web.AppKey("hosts")
BODY_READER: web.AppKey[BodyReader] = web.AppKey("body_reader")
NAVIDROME: web.AppKey[Navidrome] = web.AppKey("navidrome")
IDENTITIES: web.AppKey[Identities] = web.AppKey("identities")
SESSIONS: web.AppKey[Sessions] = web.AppKey("sessions")
EXAMPLES: web.AppKey[ExampleTexts] = web.AppKey("examples")
VISIBILITY: web.AppKey[Visibility] = web.AppKey("visibility")
#: Open audio streams by person.
STREAMS: web.AppKey[Counter[str]] = web.AppKey("streams", Counter)
ENDPOINTS: web.AppKey[Sequence[Endpoint]] = web.AppKey("endpoints")
#: When this process began to serve, in unix seconds.
STARTED: web.AppKey[float] = web.AppKey("started", float)
