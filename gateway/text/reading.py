"""Chooses the model that reads a text if the requested one is missing or has embedded too little of the library."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contract.errors import MeshError
from contract.search import AsyncSearchClient, RecommendRequest, Selection
from contract.warnings import Warned, WarningCode
from gateway.mesh import MeshConnection
from gateway.models.directory import ModelDirectory

#: Seconds that the search may take to say how many tracks each model holds.
SELECT_SECONDS: Final = 0.5
#: Seconds for which its reply is cached.
FRESH_SECONDS: Final = 1.0
#: Most replies in the cache, one per set of models.
MOST_ANSWERS: Final = 32
#: A model is replaced if another holds more than `FULLER` times its tracks.
FULLER: Final = 2

NOTHING: Final = Selection(models=[])


@dataclass(frozen=True, slots=True)
class TextModel:
    """The model that reads a text, and what to tell a caller who asked for another."""

    model: str
    warning: Warned | None = None


class TextModels:
    """Chooses among running models that can read texts. Never fails: at worst it returns the requested model."""

    def __init__(self, mesh: MeshConnection, directory: ModelDirectory) -> None:
        self._search = AsyncSearchClient(mesh)
        self._directory = directory
        self._answers: dict[tuple[str, ...] | None, tuple[float, Selection]] = {}

    async def instead_of(self, asked: str) -> TextModel:
        """Return `asked` if it can be used, else the model that lists would use, if there is one."""
        others = [model for model in await self._directory.readers() if model != asked]
        if not others:
            return TextModel(asked)
        by_words = (await self._directory.words()).models
        reason = await self._why_not(asked, asked in by_words)
        if reason is None:
            return TextModel(asked)
        model = await self._taken_by_lists(others)
        message = f"Another model read the text: {model} instead of {asked}, which {reason}"
        detail = {"model": model, "instead_of": [asked]}
        return TextModel(model, Warned(code=WarningCode.ANOTHER_MODEL, message=message, detail=detail))

    async def default(self) -> str:
        """Return the model for texts sent without one."""
        readers = await self._directory.readers()
        return await self._taken_by_lists(readers) if readers else self._directory.first_choice()

    async def _why_not(self, model: str, by_words: bool) -> str | None:
        entry = (await self._directory.known()).get(model)
        if entry is None or not entry.enabled:
            return "is not enabled on this server"
        if model not in self._directory.served and not by_words:
            return "is not running now"
        tracks = (await self._select(None)).tracks
        count = tracks.get(model, 0)
        if FULLER * count < max(tracks.values(), default=0):
            return f"has embedded only {count} tracks so far"
        return None

    async def _taken_by_lists(self, readers: Sequence[str]) -> str:
        models = (await self._select(readers)).models
        return models[0] if models else readers[0]

    async def _select(self, among: Sequence[str] | None) -> Selection:
        """Return what the search selects among these models (None: all); nothing if it does not answer."""
        key = None if among is None else tuple(among)
        until, known = self._answers.get(key, (0.0, NOTHING))
        if time.monotonic() < until:
            return known
        request = RecommendRequest(among=None if among is None else list(among))
        try:
            selection = await self._search.select(request, timeout=SELECT_SECONDS)
        except MeshError:
            return NOTHING
        if len(self._answers) >= MOST_ANSWERS:
            self._answers.clear()
        self._answers[key] = (time.monotonic() + FRESH_SECONDS, selection)
        return selection
