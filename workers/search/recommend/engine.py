"""One recommendation, from the request to the list: seeds are looked up, candidates fetched, judged, merged, chosen."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from workers.runtime.service import Stages
from workers.search.recommend.calibrator import Calibrator
from workers.search.recommend.pool import Choice, Chosen, Outcome, choose
from workers.search.recommend.request import Ask
from workers.search.recommend.selection import ModelSelector, Selection, listed
from workers.search.recommend.unlisted import Unlisted
from workers.search.recommend.view import Judgement, ModelView
from workers.search.recommend.viewing import Viewer
from workers.search.settings import SearchSettings
from workers.search.spaces import Space
from workers.search.store.vector_store import VectorStore, Where

#: Defaults of `model_priorities`.
PRIORITIES = {"muq": 1, "mert": 2, "latent": 3}
#: Hits fetched in the first round, over all queries of a model; each round fetches so many times more.
MAX_HITS = 20_000
ROUND_FACTOR = 4
#: Decimal places of scores in an answer.
DIGITS = 6


@dataclass(slots=True)
class Answer:
    """Tracks as in `POST /playlist/{mode}`, warnings, and seconds by stage."""

    tracks: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    stages: Stages = field(default_factory=Stages)


class Engine:
    """Answers `recommend`. Not thread-safe: used by the compute thread."""

    def __init__(
        self,
        store: VectorStore,
        spaces: Mapping[str, Space],
        settings: SearchSettings,
        unlisted: Unlisted | None = None,
    ) -> None:
        self._store = store
        self._unlisted = unlisted or Unlisted()
        self._settings = settings
        self.calibrator = Calibrator(store)
        self.selector = ModelSelector(store, spaces, settings)
        self._viewer = Viewer(store, self.calibrator, spaces, self.selector)

    def select(self, ask: Ask) -> Selection:
        """The models that would answer. Raises `InvalidRequest`, `StoreUnavailable`."""
        return self._viewer.select(ask)

    def recommend(self, ask: Ask) -> Answer:
        """The list and what is to be said about it. Raises `InvalidRequest`, `StoreUnavailable`."""
        answer = Answer()
        with _timed(answer.stages, "lookup"):
            views = self._viewer.views(ask, answer.warnings)
        if not views:
            return answer
        agreement = min(ask.min_model_agreement, len(views))
        if agreement < ask.min_model_agreement:
            answer.warnings.append(_all_agree(ask.min_model_agreement, views))
            ask = ask.model_copy(update={"min_model_agreement": agreement})
        outcome, judgements = self._best(ask, views, answer.stages)
        with _timed(answer.stages, "explain"):
            told = dict(zip((view.space.model for view in views), zip(views, judgements, strict=True), strict=True))
            answer.tracks = [_track(chosen, told, bool(ask.negative_embeddings)) for chosen in outcome.tracks]
        answer.warnings += _why_short(ask, outcome, views, self._settings.min_similarity)
        return answer

    def _best(self, ask: Ask, views: Sequence[ModelView], stages: Stages) -> tuple[Outcome, list[Judgement]]:
        """Fetch more and more until the list is full or the collections are exhausted."""
        where = self._where(ask)
        choice = Choice(
            limit=ask.limit,
            diversity=ask.diversity,
            strategy=ask.merge_strategy,
            agreement=ask.min_model_agreement,
            priorities={**PRIORITIES, **ask.model_priorities},
            least=self._settings.min_similarity,
            albums=ask.album_factors,
            artists=ask.artist_factors,
        )
        wanted, most = self._settings.top_k_multiplier * ask.limit, MAX_HITS
        while True:
            for view in views:
                with _timed(stages, f"search.{view.space.model}"):
                    queries = view.queries()
                    k = min(wanted, max(ask.limit, most // len(queries)))
                    view.candidates = self._store.search(view.space.collection, queries, k, where)
            with _timed(stages, "rank"):
                judgements = [view.judge(ask.negative_prompt_penalty, ask.dislike_strength) for view in views]
                outcome = choose(views, judgements, choice)
            if len(outcome.tracks) >= ask.limit or all(view.candidates.exhausted for view in views):
                return outcome, judgements
            wanted, most = wanted * ROUND_FACTOR, most * ROUND_FACTOR

    def _where(self, ask: Ask) -> Where:
        seeds = [seed.track_id for seed in ask.seeds]
        return Where(
            libraries=frozenset(ask.library_ids),
            without_tracks=frozenset((*ask.exclude_track_ids, *ask.listed_track_ids, *ask.disliked_track_ids, *seeds)),
            without_artists=frozenset(ask.disliked_artist_ids),
            unlisted=self._unlisted.beside(seeds),
        )


def _track(chosen: Chosen, told: Mapping[str, tuple[ModelView, Judgement]], with_negative: bool) -> dict[str, Any]:
    positions = chosen.positions
    track: dict[str, Any] = {
        "track_id": chosen.row.track_id,
        "score": round(chosen.score, DIGITS),
        "models": list(positions),
        "reason": _reason(positions, told),
    }
    if with_negative:
        negative = max(float(told[model][1].negative[position]) for model, position in positions.items())
        track["negative_similarity"] = round(negative, DIGITS)
    return track


def _reason(positions: Mapping[str, int], told: Mapping[str, tuple[ModelView, Judgement]]) -> str:
    """Which seed speaks for a track, by the model that likes it most."""
    model = max(positions, key=lambda name: float(told[name][1].scores[positions[name]]))
    view, judgement = told[model]
    seed = view.seeds.rows[int(judgement.best_seed[positions[model]])]
    if seed is None:
        return "matches text"
    title = seed.title or seed.track_id
    return f"like {title} by {seed.artist}" if seed.artist else f"like {title}"


def _all_agree(agreement: int, views: Sequence[ModelView]) -> str:
    models = listed([view.space.model for view in views])
    return f"min_model_agreement {agreement} counts as {len(views)}: only {models} answered"


def _why_short(ask: Ask, outcome: Outcome, views: Sequence[ModelView], least: float) -> list[str]:
    if len(outcome.tracks) >= ask.limit:
        return []
    reasons = []
    if outcome.too_far:
        reasons.append(f"{outcome.too_far} are less similar than SONICMESH_MIN_SIMILARITY={least:g}")
    if outcome.too_few_models:
        asked = f"merge_strategy {ask.merge_strategy}, min_model_agreement {ask.min_model_agreement}"
        reasons.append(f"{outcome.too_few_models} were not found by enough of {len(views)} models ({asked})")
    if not reasons:
        reasons.append("no further track passes the exclusions, dislikes, libraries and the rule against repeats")
    return [f"{len(outcome.tracks)} of {ask.limit} tracks: {'; '.join(reasons)}"]


@contextmanager
def _timed(stages: Stages, stage: str) -> Iterator[None]:
    start = time.perf_counter()
    try:
        yield
    finally:
        stages.add(stage, time.perf_counter() - start)
