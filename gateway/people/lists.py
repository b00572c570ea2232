"""Lists by mode: the library chooses the seeds, the search finds the tracks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from contract.errors import InvalidRequest, MeshError
from contract.message import common, fields_of
from contract.people import Mode, Plan
from contract.search import DEFAULT_PRIORITIES, RecommendRequest, SearchOptions, Seed
from contract.warnings import Warned, WarningCode
from gateway.http.warned import warned
from gateway.mesh import MeshConnection
from gateway.models.directory import ModelDirectory
from gateway.people.finding import SEARCH_SECONDS, Finder
from gateway.people.identity import Caller
from gateway.people.schema import Mix, MixRequest, PersonTrack
from gateway.playlist.negatives import embed_prompts, select_models
from gateway.playlist.recommend import TEXT
from gateway.settings import GatewaySettings
from gateway.text.reading import TextModels
from gateway.text.texts import TextVectors

#: Default names of lists, by mode.
NAMES: Final[Mapping[Mode, str]] = {
    "recent": "More of what I played",
    "favorites": "Like my favorites",
    "all": "Made for me",
    "discovery": "New to me",
    "custom": "Like these",
    "text": "As I wrote",
}
#: Longest name made from a text, in characters.
MAX_NAMED: Final = 100
#: Search options that are not copied unchanged from the wish: the library plans with them, or an empty list means null.
PLANNED: Final = frozenset({"exclude_track_ids", "models"})


class PersonLists:
    """Makes lists for people."""

    def __init__(
        self,
        mesh: MeshConnection,
        directory: ModelDirectory,
        texts: TextVectors,
        readers: TextModels,
        settings: GatewaySettings,
    ) -> None:
        self._mesh = mesh
        self._directory = directory
        self._texts = texts
        self._readers = readers
        self._settings = settings

    async def make_list(self, person: Caller, mode: Mode, wish: MixRequest) -> Mix:
        """Make a list. Raises typed errors."""
        _check_mode(mode, wish)
        await self.check_models(wish)
        finder = Finder(self._mesh, person)
        planned = await finder.plan(mode, wish)
        warnings: list[Warned] = planned.warnings
        tracks: list[PersonTrack] = []
        if planned.library_ids:
            seeds, unread = await self.read(wish) if mode == "text" else ([], [])
            request, unavoided = await self.request(wish, seeds, planned)
            tracks, search_warnings = await finder.recommend(request)
            unused = [*warnings, *unread, *unavoided]
            # First say which model answered or, if the list is empty, why there were no seeds.
            warnings = [*search_warnings, *unused] if tracks else [*unused, *search_warnings]
        text = " ".join((wish.text or "").split())[:MAX_NAMED] if mode == "text" else ""
        return Mix(
            name=(wish.name or "").strip() or text or NAMES[mode],
            mode=mode,
            track_ids=[track.id for track in tracks],
            tracks=tracks,
            **warned(warnings),
        )

    async def check_models(self, wish: MixRequest) -> None:
        """Raises `InvalidRequest` for the name of a model that nobody knows."""
        await self._directory.check_models(enumerate(wish.models or ()), "models")
        priorities = [name for name in wish.model_priorities if name not in DEFAULT_PRIORITIES]
        await self._directory.check_models(((n, n) for n in priorities), "modelPriorities")
        await self._directory.check_models([(None, wish.model)] if wish.model else [], "model")

    async def read(self, wish: MixRequest) -> tuple[list[Seed], list[Warned]]:
        """Return the text as a seed: its vector in each model that reads, its words for those that only hear.

        Raises `MeshError` if all that should read it are models that read, and none can.
        """
        text = (wish.text or "").strip()
        asked = [wish.model] if wish.model else list(dict.fromkeys(wish.models or ()))
        among = asked or [await self._readers.default()]
        models = [model for model in among if self._directory.reads(model)]
        in_words = [] if len(models) == len(among) else [Seed(track_id=TEXT, source=TEXT, text=text)]
        outcomes = await asyncio.gather(*(self._texts.vector(model, text) for model in models), return_exceptions=True)
        seeds, errors = [], []
        for model, outcome in zip(models, outcomes, strict=True):
            if isinstance(outcome, MeshError):
                errors.append((model, outcome))
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                seeds.append(Seed(track_id=f"text:{model}", embedding=outcome.numbers()))
        if not seeds and not in_words:
            raise errors[0][1]
        return [*seeds, *in_words], [_unread(model, error) for model, error in errors]

    async def request(
        self, wish: MixRequest, texts: Sequence[Seed], planned: Plan
    ) -> tuple[RecommendRequest, list[Warned]]:
        """Return the search request, and warnings for prompts without effect."""
        request = for_search(wish, texts, planned)
        if not wish.negative_prompts:
            return request, []
        budget = self._settings.text_seconds if texts else self._settings.text_budget
        answering = await select_models(self._mesh, request, SEARCH_SECONDS)
        readers = [model for model in answering.models if self._directory.reads(model)]
        avoided, warnings = await embed_prompts(wish.negative_prompts, {}, readers, self._texts, budget)
        in_words = wish.negative_prompts
        request = replace(request, negative_embeddings=avoided or None, negative_texts=in_words, answering=answering)
        return request, warnings


def _check_mode(mode: Mode, wish: MixRequest) -> None:
    if mode == "text" and not (wish.text or "").strip():
        raise InvalidRequest("text: say what the list should sound like", {"field": "text", "reason": "empty"})
    if mode == "custom" and not wish.song_ids and not wish.positive_track_ids:
        raise InvalidRequest("songIds: songs or albums to start from", {"field": "songIds", "reason": "empty"})


def for_search(wish: MixRequest, texts: Sequence[Seed], planned: Plan) -> RecommendRequest:
    """Make a search request from a wish and the library's plan for it."""
    options = fields_of(common(wish, SearchOptions)).items()
    chosen = {name: value for name, value in options if name not in PLANNED}
    seeds = [*texts, *planned.seeds]
    return common(planned, RecommendRequest, seeds=seeds, models=wish.models or None, **chosen)


def _unread(model: str, error: MeshError) -> Warned:
    message = f"{model} could not read the text: {error.message}"
    return Warned(code=WarningCode.MODEL_LEFT_OUT, message=message, detail={"model": model})
