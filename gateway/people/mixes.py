"""Lists by mode: the library says what they start from, the search finds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from broker.errors import InvalidRequest, MeshError
from gateway.catalogue import Catalogue, check_names
from gateway.mesh import Mesh
from gateway.negatives import embed_prompts, searched_models
from gateway.people.finding import Fields, Finder, listed
from gateway.people.identity import Person
from gateway.schemas.people import MixRequest
from gateway.schemas.playlist import PlaylistRequest, Seed
from gateway.settings import GatewaySettings
from gateway.texts import TextVectors

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

    def __init__(self, mesh: Mesh, catalogue: Catalogue, texts: TextVectors, settings: GatewaySettings) -> None:
        self._mesh = mesh
        self._catalogue = catalogue
        self._texts = texts
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
            warnings = [*warnings, *unread, *unavoided, *told]
        text = " ".join((wish.text or "").split())[:MAX_NAMED] if mode == "text" else ""
        return {"name": (wish.name or "").strip() or text or NAMES[mode], "mode": mode, **listed(tracks, warnings)}

    async def _check(self, mode: str, wish: MixRequest) -> None:
        if mode == "text" and not (wish.text or "").strip():
            raise InvalidRequest("text: say what the list shall sound like", {"field": "text", "reason": "empty"})
        if mode == "custom" and not wish.song_ids and not wish.positive_track_ids:
            raise InvalidRequest("songIds: songs or albums to start from", {"field": "songIds", "reason": "empty"})
        known = await self._catalogue.known()
        check_names(enumerate(wish.models or ()), "models", known)
        check_names(((name, name) for name in wish.model_priorities or ()), "modelPriorities", known)
        check_names([(None, wish.model)] if wish.model else [], "model", known)

    async def _read(self, wish: MixRequest) -> tuple[list[Seed], list[str]]:
        """The text as a seed of every model that shall read it. Raises where none of them can."""
        text = (wish.text or "").strip()
        models = [wish.model] if wish.model else list(dict.fromkeys(wish.models or ())) or [await self._reader()]
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

    async def _reader(self) -> str:
        """The model that reads a text where nobody chose: the default one where it can, else one that can."""
        known = await self._catalogue.known()
        default = (await searched_models(_request(None, [], {}), self._catalogue, self._mesh))[0]
        told = {name: said.get("text_status") for name, said in self._catalogue.running.items()}
        able = [name for name, status in told.items() if status in {"available", "stub"}]
        able += [name for name, model in known.items() if model.text]
        return default if default in able or not able else able[0]

    async def _params(
        self, wish: MixRequest, texts: Sequence[Seed], planned: Mapping[str, Any]
    ) -> tuple[Fields, list[str]]:
        """Params of `recommend`, and warnings of prompts that had no effect."""
        chosen = {name: value for name in FOR_SEARCH if (value := getattr(wish, name)) is not None}
        read = [seed.track_id.removeprefix("text:") for seed in texts]
        request = _request(wish.models or read or None, texts, {**chosen, "negative_prompts": wish.negative_prompts})
        negatives: dict[str, list[list[float]]] = {}
        warnings: list[str] = []
        if request.negative_prompts:
            budget = self._settings.text_seconds if texts else self._settings.text_budget
            models = await searched_models(request, self._catalogue, self._mesh)
            negatives, warnings = await embed_prompts(request, models, self._texts, budget)
        seeds = [*(seed.model_dump() for seed in texts), *planned["seeds"]]
        return {**request.model_dump(), **planned, "seeds": seeds, "negative_embeddings": negatives or None}, warnings


def _request(models: Sequence[str] | None, seeds: Sequence[Seed], fields: Mapping[str, Any]) -> PlaylistRequest:
    """As a playlist request: its defaults are the defaults here, and its prompts are read in the same way."""
    request = PlaylistRequest.model_validate({"user_id": "", "user_name": "", **fields})
    return request.model_copy(update={"models": list(models) if models else None, "seeds": list(seeds)})
