"""The models that the gateway knows, running or not: fetched from `library` and cached."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterable, Mapping
from typing import Final

from contract.embedding import AsyncEmbeddingClient, Description, embedding_service, model_of
from contract.errors import InvalidRequest, MeshError
from contract.event import Event
from contract.library import AsyncLibraryClient, KnownModel
from contract.loading import ModelLoaded, ModelLoadFailed, ModelUnloaded
from contract.message import Nothing
from contract.presence import WorkerDown, WorkerUp
from contract.search import AsyncSearchClient, WordsStatus
from contract.settings import AUTO
from gateway.mesh import MeshConnection

log = logging.getLogger(__name__)

#: Seconds that `library` may take to describe the models.
TIMEOUT_SECONDS: Final = 1.0
#: Seconds that a model's worker may take to describe its model: as long as a batch.
DESCRIBE_SECONDS: Final = 20.0
#: Seconds after which the cache is refreshed in the background.
FRESH_SECONDS: Final = 30.0
#: Seconds between two attempts until the first succeeds.
RETRY_SECONDS: Final = 1.0
#: The model that `auto` stands for in messages that must name one.
AUTO_NAME: Final = "muq"
#: Seconds that the search may take to say how texts are read, and for which its answer is cached.
WORDS_SECONDS: Final = 1.0
WORDS_FRESH_SECONDS: Final = 1.0
#: States in which a model's text side answers.
READING: Final = frozenset({"available", "stub"})


class ModelDirectory:
    """The models by name. Once they are known, nothing here fails."""

    def __init__(self, mesh: MeshConnection) -> None:
        self._mesh = mesh
        self._models: dict[str, KnownModel] = {}
        self._changed = asyncio.Event()
        self.default_model = AUTO
        #: Names that are accepted although no installation has such a model.
        self.foreign: frozenset[str] = frozenset()
        #: Models that have a worker.
        self.served: frozenset[str] = frozenset()
        #: Replies of running workers to `model.describe`, by model. The request may wait behind a long batch, so it is
        #: sent in the background and the reply is cached.
        self.running: dict[str, Description] = {}
        self._words = WordsStatus(models=[], license="", lacking="", tracks=0, heard=0)
        self._words_until = 0.0
        self._readers: list[str] = []
        #: What `_readers` was made of; each is replaced when it changes, never altered.
        self._readers_of: tuple[object, ...] = ()
        self._asking: asyncio.Future[None] | None = None

    async def follow(self) -> None:
        """Fetch the models as soon as `library` answers and keep them fresh, until cancelled."""
        while True:
            self._changed.clear()
            try:
                await self.refresh()
                await self._ask_workers()
            except MeshError as error:
                log.debug("no description of the models: %s", error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), FRESH_SECONDS if self._models else RETRY_SECONDS)

    def observe_event(self, event: Event) -> None:
        """Refresh as soon as a model or one of its workers changes."""
        match event:
            case ModelLoaded() | ModelUnloaded() | ModelLoadFailed():
                self._changed.set()
            case WorkerUp() | WorkerDown() if model_of(event.service) is not None:
                self._changed.set()

    async def _ask_workers(self) -> None:
        """Raises `MeshError` if the broker does not answer."""
        workers = await self._mesh.workers()
        running = [name for name in self._models if embedding_service(name) in workers]
        self.served = frozenset(running)
        self.running = {name: said for name, said in self.running.items() if name in running}
        await asyncio.gather(*(self._ask_worker(name) for name in running))

    async def _ask_worker(self, name: str) -> None:
        try:
            client = AsyncEmbeddingClient(self._mesh, embedding_service(name))
            said = await client.describe(Nothing(), timeout=DESCRIBE_SECONDS)
        except MeshError as error:
            log.debug("no description of %s: %s", name, error)
        else:
            self.running = {**self.running, name: said}

    async def refresh(self) -> None:
        """Fetch the models from `library`. If that raises, the known models stay."""
        reply = await AsyncLibraryClient(self._mesh).models(Nothing(), timeout=TIMEOUT_SECONDS)
        self._models = {model.name: model for model in reply.models}
        self.default_model = reply.default_model or AUTO
        self.foreign = frozenset(reply.foreign)

    def first_choice(self) -> str:
        """Return the model to name if none can be used."""
        return AUTO_NAME if self.default_model == AUTO else self.default_model

    async def readers(self) -> list[str]:
        """Return the models that can be asked for a text's vector, enabled ones first.

        Running models with a text side, and those in whose space the search finds words.
        """
        seen = await self.words(), self._models, self.served, self.running
        if seen != self._readers_of:  # compares by identity first, so this is quick while nothing changes
            self._readers_of, self._readers = seen, self._able(seen[0])
        return list(self._readers)

    def _able(self, words: WordsStatus) -> list[str]:
        by_words = frozenset(words.models)
        able = [name for name in self._models if name in by_words or self.reads(name)]
        return sorted(able, key=lambda name: not self._models[name].enabled)

    def reads(self, name: str) -> bool:
        """Whether a running model reads texts by itself."""
        model, said = self._models.get(name), self.running.get(name)
        if model is None or name not in self.served:
            return False
        return model.text if said is None else said.text_status in READING

    async def words(self) -> WordsStatus:
        """Return how the search reads texts, as it said last. Waits for its first answer only, and a second at most."""
        asking = self._asking
        if asking is None or (asking.done() and time.monotonic() >= self._words_until):
            asking = self._asking = asyncio.ensure_future(self._ask_words())
        if not self._words_until:
            await asyncio.shield(asking)
        return self._words

    async def _ask_words(self) -> None:
        with contextlib.suppress(MeshError):
            self._words = await AsyncSearchClient(self._mesh).words(Nothing(), timeout=WORDS_SECONDS)
        self._words_until = time.monotonic() + WORDS_FRESH_SECONDS

    async def check_models(self, names: Iterable[tuple[int | str | None, str]], field: str) -> None:
        """Like `check_names`, for lists and jobs: foreign names pass."""
        named = list(names)
        if named:
            models = await self.known()
            check_names((pair for pair in named if pair[1] not in self.foreign), field, models)

    async def models(self) -> Mapping[str, KnownModel]:
        """Return all known models. Raises the error of `library` only if it has never answered."""
        if not self._models:
            await self.refresh()
        return self._models

    async def known(self) -> Mapping[str, KnownModel]:
        """Like `models`, but empty if nothing is known: the services behind then check the names."""
        try:
            return await self.models()
        except MeshError:
            return {}


def check_names(names: Iterable[tuple[int | str | None, str]], field: str, known: Mapping[str, KnownModel]) -> None:
    """Raises `InvalidRequest` for the first unknown name of `(place, name)`; checks nothing if `known` is empty.

    `place` is the position of the name in `field`; None if the name is the field itself.
    """
    for place, name in names:
        if known and name not in known:
            raise unknown_model(name, field if place is None else f"{field}.{place}", known)


def unknown_model(name: str, field: str, known: Iterable[str]) -> InvalidRequest:
    """Return the error for an unknown model."""
    allowed = sorted(known)
    return InvalidRequest(
        f"{field}: there is no model {name[:80]!r}; the models are {', '.join(allowed)}",
        {"field": field, "reason": "unknown model", "allowed": allowed},
    )
