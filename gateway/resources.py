"""Resources shared by the applications of both ports: opened once, closed after the last request."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from broker.aio import AsyncMeshClient
from broker.events import AsyncEventSubscriber
from gateway.events.feed import Feed
from gateway.explore.visibility import Visibility
from gateway.explore.words import ExampleTexts
from gateway.http.body_reader import BodyReader
from gateway.http.hosts import Hosts
from gateway.http.limiter import RateLimiter
from gateway.keys import (
    ADDRESS_LIMITER,
    BODY_READER,
    EXAMPLES,
    FEED,
    HOSTS,
    IDENTITIES,
    LIMITER,
    MESH,
    METRICS,
    MODEL_DIRECTORY,
    NAVIDROME,
    SESSIONS,
    SETTINGS,
    STARTED,
    STREAMS,
    TEXT_MODELS,
    TEXTS,
    TOKEN_GUESSES,
    VISIBILITY,
)
from gateway.mesh import MeshConnection
from gateway.metrics.metrics import Metrics
from gateway.models.directory import ModelDirectory
from gateway.people.identity import Identities
from gateway.people.navidrome import Navidrome
from gateway.session.sessions import Sessions
from gateway.settings import GatewaySettings
from gateway.text.reading import TextModels
from gateway.text.texts import TextVectors

log = logging.getLogger(__name__)

#: Wrong mesh tokens allowed per address: at once, and then per second.
TOKEN_FAILURES: Final = 100
TOKEN_FAILURES_A_SECOND: Final = 10.0


@dataclass(frozen=True)
class Resources:
    """The parts that handlers look up by key."""

    settings: GatewaySettings
    metrics: Metrics
    mesh: MeshConnection
    directory: ModelDirectory
    texts: TextVectors
    readers: TextModels
    feed: Feed
    limiter: RateLimiter
    address_limiter: RateLimiter
    token_guesses: RateLimiter
    hosts: Hosts
    reader: BodyReader
    navidrome: Navidrome
    identities: Identities
    sessions: Sessions
    examples: ExampleTexts
    visibility: Visibility
    streams: Counter[str]
    started: float

    def install(self, app: web.Application) -> None:
        """Store every part under its key."""
        app[SETTINGS] = self.settings
        app[METRICS] = self.metrics
        app[MESH] = self.mesh
        app[MODEL_DIRECTORY] = self.directory
        app[TEXTS] = self.texts
        app[TEXT_MODELS] = self.readers
        app[FEED] = self.feed
        app[LIMITER] = self.limiter
        app[ADDRESS_LIMITER] = self.address_limiter
        app[TOKEN_GUESSES] = self.token_guesses
        app[HOSTS] = self.hosts
        app[BODY_READER] = self.reader
        app[NAVIDROME] = self.navidrome
        app[IDENTITIES] = self.identities
        app[SESSIONS] = self.sessions
        app[EXAMPLES] = self.examples
        app[VISIBILITY] = self.visibility
        app[STREAMS] = self.streams
        app[STARTED] = self.started


@asynccontextmanager
async def open_resources(settings: GatewaySettings) -> AsyncIterator[Resources]:
    """Connect to the mesh and follow it in the background."""
    client = AsyncMeshClient(settings.broker_endpoint)
    events = AsyncEventSubscriber(settings.events_endpoint)
    metrics = Metrics()
    mesh = MeshConnection(client, metrics)
    directory = ModelDirectory(mesh)
    texts = TextVectors(mesh, settings.text_seconds, directory.reads)
    readers = TextModels(mesh, directory)
    navidrome = Navidrome(settings.navidrome_url, settings.navidrome_seconds)
    resources = Resources(
        settings,
        metrics,
        mesh,
        directory,
        texts,
        readers,
        Feed((metrics.observe_event, directory.observe_event, texts.observe_event)),
        RateLimiter(settings.rate_per_user, settings.rate_burst),
        RateLimiter(settings.rate_per_address, settings.rate_address_burst),
        RateLimiter(TOKEN_FAILURES_A_SECOND, TOKEN_FAILURES),
        Hosts(settings),
        BodyReader(settings),
        navidrome,
        Identities(navidrome, mesh),
        Sessions(settings),
        ExampleTexts(mesh, directory, texts, readers),
        Visibility(mesh),
        Counter(),
        time.time(),
    )
    tasks = [_forever(mesh.watch()), _forever(directory.follow()), _forever(resources.feed.follow(events))]
    try:
        yield resources
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await resources.examples.close()
        await resources.texts.close()
        await navidrome.close()
        resources.reader.close()
        events.close()
        client.close()


def _forever(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Start a task that should never fail; if it does, log the error at once."""
    task = asyncio.create_task(work)
    task.add_done_callback(_tell)
    return task


def _tell(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a background task of the gateway ended", exc_info=error)
