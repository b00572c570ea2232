"""Which models answer a request: the rule of `readiness` on what the store holds, and why others do not.

Lists, paths, mixes and texts all ask here, so that a model whose job has just begun spoils none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from workers.models.registry import FOREIGN_MODELS
from workers.search.recommend.question import Question
from workers.search.recommend.readiness import READY_FACTOR, Holding, Preference, able, fallback, ready
from workers.search.settings import SearchSettings
from workers.search.spaces import AUTO, AUTO_FIRST, Space
from workers.search.store.vector_store import CollectionStatus, VectorStore, Where

#: How the warning begins that tells a listener which model answered instead of those asked for.
FALLBACK_WARNING: Final = "Another model answered: "

Status = Mapping[str, CollectionStatus]


@dataclass(frozen=True, slots=True)
class Selection:
    """The models that answer, what to tell the caller about the others, and tracks by model."""

    models: list[str]
    warnings: list[str]
    tracks: dict[str, int]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why models do not answer, as a verb for one and for several of them, and what follows it."""

    one: str
    several: str
    rest: str

    def of(self, models: Sequence[str]) -> str:
        """The clause: "muq and mert have no vectors of this library yet"."""
        return f"{listed(models)} {self.one if len(models) == 1 else self.several} {self.rest}"


class ModelSelector:
    """Chooses models. Not thread-safe: used by the compute thread."""

    def __init__(self, store: VectorStore, spaces: Mapping[str, Space], settings: SearchSettings) -> None:
        self._store = store
        self._spaces = spaces
        self._settings = settings

    @property
    def default(self) -> str:
        """The model that a person means who names none, where nothing has been embedded yet."""
        return self._preference.default[-1]

    @property
    def _preference(self) -> Preference:
        """Where no model is named, the one that is meant changes while this runs, once its vectors are complete."""
        settings = self._settings
        auto = AUTO_FIRST, settings.built_in
        return Preference(auto if settings.default_model == AUTO else (settings.default_model,), settings.models)

    def select(self, question: Question, status: Status) -> Selection:
        """The models that answer; none where no model can. `status` is that of the store."""
        holdings = {holding.model: holding for holding in self._holdings(question, status)}
        candidates = able(holdings.values(), question.least_seeds)
        at_hand = {holding.model for holding in ready(candidates)}
        chosen = [model for model in dict.fromkeys(question.asked) if model in at_hand]
        instead = None if chosen else fallback(candidates, self._preference)
        models = chosen or ([instead.model] if instead else [])
        warnings = _warnings(question.asked, models, holdings) if question.named and models else []
        return Selection(models, warnings, {model: holding.tracks for model, holding in holdings.items()})

    def _holdings(self, question: Question, status: Status) -> Iterable[Holding]:
        filled = {
            model: status[space.collection]
            for model, space in self._spaces.items()
            if space.collection in status
            and status[space.collection].count
            and (question.among is None or model in question.among)
        }
        for model, state in filled.items():
            if len(filled) == 1:  # nothing to compare it with: what it lacks shows when the list is made
                yield Holding(model, state.count, question.least_seeds, 0.0)
            else:
                yield self._holding(question, self._spaces[model], state)

    def _holding(self, question: Question, space: Space, state: CollectionStatus) -> Holding:
        tracks = self._store.count(space.collection, Where(libraries=question.libraries))
        if not question.seeds_count:
            return Holding(space.model, tracks, question.least_seeds, 0.0)
        held = self._store.held(space.collection, list(question.track_seeds))
        text = question.text_seeds.get(state.dimension)
        weight = sum(question.track_seeds[track_id] for track_id in held) + (text or 0.0)
        return Holding(space.model, tracks, len(held) + (text is not None), weight)


def _warnings(asked: Sequence[str], answering: Sequence[str], holdings: Mapping[str, Holding]) -> list[str]:
    """What a caller is told who named models, of those that do not answer."""
    left_out = [model for model in dict.fromkeys(asked) if model not in answering]
    reasons = {model: _reason(model, holdings, answering) for model in left_out}
    if answering[0] in asked:
        return [f"{reason.of([model])} and was left out" for model, reason in reasons.items()]
    return [_fallback_warning(answering[0], reasons)]


def _reason(model: str, holdings: Mapping[str, Holding], answering: Sequence[str]) -> Reason:
    """Why `model` does not answer."""
    if model in FOREIGN_MODELS:
        return Reason("is not", "are not", "on this server")
    held = holdings.get(model)
    if held is None or not held.tracks:
        return Reason("has", "have", "no vectors of this library yet")
    if not held.seeds:
        return Reason("knows", "know", "nothing that this list starts from")
    best = holdings[answering[0]] if answering else held
    if READY_FACTOR * held.tracks < max(other.tracks for other in holdings.values()):
        return Reason("has", "have", f"heard only {held.tracks} tracks so far ({best.model}: {best.tracks})")
    return Reason("knows", "know", "too few of the tracks that this list starts from")


def _fallback_warning(answering: str, reasons: Mapping[str, Reason]) -> str:
    """For a listener. It never holds the words by which a short list is told."""
    models: dict[Reason, list[str]] = {}
    for model, reason in reasons.items():
        models.setdefault(reason, []).append(model)
    why = "; ".join(reason.of(named) for reason, named in models.items())
    missing = [model for model in reasons if model not in FOREIGN_MODELS]
    add = f" The owner of this server can add {listed(missing)}." if missing else ""
    return f"{FALLBACK_WARNING}{answering} instead of {listed(list(reasons))}, because {why}.{add}"


def listed(names: Sequence[str]) -> str:
    """The names as a sentence has them: "muq, mert and latent"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
