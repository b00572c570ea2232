"""Lists by mode: the library says what they start from, the search finds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from contract.errors import InvalidRequest, MeshError
from gateway.mesh import Mesh
from gateway.models.catalogue import Catalogue
from gateway.people.finding import SEARCH_TIMEOUT, Fields, Finder, listed
from gateway.people.identity import Person
from gateway.people.schema import MixRequest
from gateway.playlist.negatives import embed_prompts, select_models
from gateway.playlist.schema import PlaylistRequest, Seed
from gateway.settings import GatewaySettings
from gateway.text.reading import TextReaders
from gateway.text.texts import TextVectors

#: Names of lists that were given none, by mode.
NAMES: Final[Mapping[str, str]] = {
    "recent": "More of what I played",
    "favorites": "Like my favorites",
    "all": "Made for me",
    "discovery": "New to me",
    "custom": "Like these",
    "text": "As I wrote",
}
#: Longest name that is made of a text, in characters.
MAX_NAMED: Final = 100
#: What the library is told of a wish, and what of it goes to the search as it is.
FOR_LIBRARY: Final = {
    "song_ids",
    "positive_track_ids",
    "negative_track_ids",
    "exclude_track_ids",
    "exclude_playlist_ids",
    "diversity",
    "limit",
}
FOR_SEARCH: Final = ("merge_strategy", "model_priorities", "min_model_agreement", "negative_prompt_penalty")


class Mixer:
    """Makes lists for people."""

    def __init__(
        self, mesh: Mesh, catalogue: Catalogue, texts: TextVectors, readers: TextReaders, settings: GatewaySettings
    ) -> None:
        self._mesh = mesh
        self._catalogue = catalogue
        self._texts = texts
        self._readers = readers
        self._settings = settings

    async def mix(self, person: Person, mode: str, wish: MixRequest) -> Fields:
        """`{"name", "mode", "trackIds", "tracks", "warnings"}`. Raises typed errors."""
        await self._check(mode, wish)
        finder = Finder(self._mesh, person)
        planned = await finder.library("people.plan", {"mode": mode, **wish.model_dump(include=FOR_LIBRARY)})
        warnings: list[str] = planned.pop("warnings")
        tracks: list[Fields] = []
        if planned["library_ids"]:
            seeds, unread = await self._read(wish) if mode == "text" else ([], [])
            params, unavoided = await self._params(wish, seeds, planned)
            tracks, told = await finder.recommend(params)
            unused = [*warnings, *unread, *unavoided]
            # Which model answered comes first; of an empty list, why there was nothing to start from.
            warnings = [*told, *unused] if tracks else [*unused, *told]
        text = " ".join((wish.text or "").split())[:MAX_NAMED] if mode == "text" else ""
        return {"name": (wish.name or "").strip() or text or NAMES[mode], "mode": mode, **listed(tracks, warnings)}

    async def _check(self, mode: str, wish: MixRequest) -> None:
        if mode == "text" and not (wish.text or "").strip():
            raise InvalidRequest("text: say what the list should sound like", {"field": "text", "reason": "empty"})
        if mode == "custom" and not wish.song_ids and not wish.positive_track_ids:
            raise InvalidRequest("songIds: songs or albums to start from", {"field": "songIds", "reason": "empty"})
        await self._catalogue.check_models(enumerate(wish.models or ()), "models")
        await self._catalogue.check_models(((n, n) for n in wish.model_priorities or ()), "modelPriorities")
        await self._catalogue.check_models([(None, wish.model)] if wish.model else [], "model")

    async def _read(self, wish: MixRequest) -> tuple[list[Seed], list[str]]:
        """The text as a seed of every model asked to read it. Raises where none of them can."""
        text = (wish.text or "").strip()
        asked = [wish.model] if wish.model else list(dict.fromkeys(wish.models or ()))
        models = asked or [await self._readers.default()]
        outcomes = await asyncio.gather(*(self._texts.vector(model, text) for model in models), return_exceptions=True)
        seeds, errors = [], []
        for model, outcome in zip(models, outcomes, strict=True):
            if isinstance(outcome, MeshError):
                errors.append((model, outcome))
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                # The numbers are float32 of a worker: nothing is left to judge.
                seeds.append(Seed.model_construct(track_id=f"text:{model}", embedding=outcome.numbers()))
        if not seeds:
            raise errors[0][1]
        return seeds, [f"{model} could not read the text: {error.message}" for model, error in errors]

    async def _params(
        self, wish: MixRequest, texts: Sequence[Seed], planned: Mapping[str, Any]
    ) -> tuple[Fields, list[str]]:
        """Params of `recommend`, and warnings of prompts that had no effect."""
        chosen = {name: value for name in FOR_SEARCH if (value := getattr(wish, name)) is not None}
        request = _request(wish.models, {**chosen, "negative_prompts": wish.negative_prompts})
        seeds = [*(seed.model_dump() for seed in texts), *planned["seeds"]]
        params = {**request.model_dump(), **planned, "seeds": seeds}
        if not request.negative_prompts:
            return params, []
        budget = self._settings.text_seconds if texts else self._settings.text_budget
        answering = await select_models(self._mesh, params, SEARCH_TIMEOUT)
        negatives, warnings = await embed_prompts(request, answering["models"], self._texts, budget)
        return {**params, "negative_embeddings": negatives or None, "answering": answering}, warnings


def _request(models: Sequence[str] | None, fields: Mapping[str, Any]) -> PlaylistRequest:
    """As a playlist request: its defaults are the defaults here, and its prompts are read in the same way."""
    request = PlaylistRequest.model_validate({"user_id": "", "user_name": "", **fields})
    return request.model_copy(update={"models": list(models) if models else None})
