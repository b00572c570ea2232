"""What reaches the search: every option of a person's request, and what the library has planned."""

from __future__ import annotations

from contract.message import fields_of
from contract.people import Plan
from contract.search import RecommendRequest, SearchOptions, Seed
from gateway.people.lists import PLANNED, for_search
from gateway.people.schema import MixRequest

#: Another value than the default of every option.
OTHER = {
    "exclude_track_ids": ["a"],
    "models": ["muq"],
    "merge_strategy": "intersection",
    "model_priorities": {"mert": 1},
    "min_model_agreement": 2,
    "negative_prompt_penalty": 0.5,
}


def test_every_option_reaches_the_search() -> None:
    wish = MixRequest(**OTHER)  # type: ignore[arg-type]
    planned = Plan(seeds=[Seed(track_id="s")], library_ids=[1], limit=9, exclude_track_ids=["a", "b"])
    asked = for_search(wish, [Seed(track_id="text")], planned)
    unset = fields_of(RecommendRequest())
    options = fields_of(SearchOptions()).keys()
    told = fields_of(asked)
    assert {name for name in options if told[name] == unset[name]} == options - OTHER.keys()
    assert {name: told[name] for name in OTHER.keys() - PLANNED} == {n: OTHER[n] for n in OTHER.keys() - PLANNED}
    assert (asked.models, asked.exclude_track_ids, asked.library_ids, asked.limit) == (["muq"], ["a", "b"], [1], 9)
    assert [seed.track_id for seed in asked.seeds] == ["text", "s"]


def test_no_models_are_all_models() -> None:
    planned = Plan(seeds=[], library_ids=[], limit=1)
    assert for_search(MixRequest(models=[]), [], planned).models is None
