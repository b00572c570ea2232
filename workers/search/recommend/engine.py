"""One recommendation, from request to list: query, candidates, score, choice and warnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from contract.search import Recommended, RecommendedTrack, RecommendRequest, Selection
from contract.warnings import Warned
from workers.models.sentence.encoder import SentenceEncoder
from workers.runtime.service import Stages
from workers.search.recommend.calibrator import Calibrator
from workers.search.recommend.candidates import UnlistedFilter, rounds
from workers.search.recommend.choose import Chosen, Outcome, choose
from workers.search.recommend.query import Query, QueryMaker
from workers.search.recommend.ranking.similarity import DIGITS
from workers.search.recommend.score import Scored, score
from workers.search.recommend.selection import ModelSelector
from workers.search.recommend.warnings import agreement_lowered, short_list
from workers.search.settings import SearchSettings
from workers.search.spaces import Space
from workers.search.store.vector_store import VectorStore
from workers.search.words.words import Words


class Engine:
    """Answers `recommend`. Not thread-safe: used by the compute thread."""

    def __init__(
        self,
        store: VectorStore,
        spaces: Mapping[str, Space],
        settings: SearchSettings,
        unlisted: UnlistedFilter | None = None,
        encoder: SentenceEncoder | None = None,
    ) -> None:
        self._store = store
        self._unlisted = unlisted or UnlistedFilter()
        self._settings = settings
        self.calibrator = Calibrator(store)
        self.selector = ModelSelector(store, spaces, settings)
        self.words = Words(store, self.calibrator, encoder or SentenceEncoder(settings.checkpoints, 0))
        self._maker = QueryMaker(store, self.calibrator, spaces, self.selector, self.words)

    def select(self, request: RecommendRequest) -> Selection:
        """Returns the models that would answer. Raises `InvalidRequest`, `StoreUnavailable`."""
        return self._maker.select(request)

    def recommend(self, request: RecommendRequest, stages: Stages | None = None) -> Recommended:
        """Returns the list and its warnings; `stages` receives the seconds of each stage.

        Raises `InvalidRequest`, `StoreUnavailable`.
        """
        stages = stages or Stages()
        with stages.timed("lookup"):
            queries, warnings = self._maker.queries(request)
        if not queries:
            return Recommended(tracks=[], warnings=warnings)
        if request.min_model_agreement > len(queries):
            warnings.append(agreement_lowered(request.min_model_agreement, [query.space.model for query in queries]))
            request = replace(request, min_model_agreement=len(queries))
        outcome, parts = self._best(request, queries, stages)
        with stages.timed("explain"):
            tracks = _explained(outcome.tracks, parts, bool(request.negative_embeddings or request.negative_texts))
            warnings += _why_short(request, outcome, queries, self._settings.min_similarity)
        return Recommended(tracks=tracks, warnings=warnings)

    def _best(
        self, request: RecommendRequest, queries: Sequence[Query], stages: Stages
    ) -> tuple[Outcome, list[Scored]]:
        """Fetch more and more candidates until the list is full or the collections are exhausted."""
        where, multiple = self._unlisted.where(request), self._settings.top_k_multiplier
        for candidates in rounds(self._store, queries, where, request.limit, multiple, stages):
            with stages.timed("rank"):
                parts = [
                    score(query, matches, request.negative_prompt_penalty, request.dislike_strength)
                    for query, matches in zip(queries, candidates, strict=True)
                ]
                outcome = choose(parts, request, self._settings.min_similarity)
            if len(outcome.tracks) >= request.limit:
                break
        return outcome, parts


def _explained(tracks: Sequence[Chosen], parts: Sequence[Scored], with_negative: bool) -> list[RecommendedTrack]:
    by_model = {part.model: part for part in parts}
    return [
        RecommendedTrack(
            track_id=track.row.track_id,
            score=round(track.score, DIGITS),
            reason=_reason(track.positions, by_model),
            models=list(track.positions),
            negative_similarity=_negative(track.positions, by_model) if with_negative else None,
        )
        for track in tracks
    ]


def _reason(positions: Mapping[str, int], parts: Mapping[str, Scored]) -> str:
    """Returns which seed speaks for a track, according to the model that ranks it highest."""
    model = max(positions, key=lambda name: float(parts[name].scores[positions[name]]))
    part = parts[model]
    best, place = int(part.best_seed[positions[model]]), positions[model]
    if best >= len(part.query.seeds.rows):
        return part.query.words[best - len(part.query.seeds.rows)].reason(part.found.rows[place].track_id)
    seed = part.query.seeds.rows[best]
    if seed is None:
        return "matches text"
    title = seed.title or seed.track_id
    return f"like {title} by {seed.artist}" if seed.artist else f"like {title}"


def _negative(positions: Mapping[str, int], parts: Mapping[str, Scored]) -> float:
    return round(max(float(parts[model].negative[place]) for model, place in positions.items()), DIGITS)


def _why_short(request: RecommendRequest, outcome: Outcome, queries: Sequence[Query], least: float) -> list[Warned]:
    if len(outcome.tracks) >= request.limit:
        return []
    reasons = []
    if outcome.too_far:
        reasons.append(f"{outcome.too_far} are less similar than SONICMESH_MIN_SIMILARITY={least:g}")
    if outcome.too_few_models:
        options = f"merge_strategy {request.merge_strategy}, min_model_agreement {request.min_model_agreement}"
        reasons.append(f"{outcome.too_few_models} were not found by enough of {len(queries)} models ({options})")
    asked = dict.fromkeys(target.evidence.years for query in queries for target in query.words)
    reasons += [f"only tracks {years} count" for years in asked if years]
    if not reasons:
        reasons.append("no further track passes the exclusions, dislikes, libraries and the rule against repeats")
    return [short_list(len(outcome.tracks), request.limit, reasons)]
