"""The recommender fork's text page on a fresh installation: it asks for the vector of a model that is not there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.endtoend.navidrome.fork import Fork
from tests.endtoend.navidrome.server import Refusal
from tests.integration.workers.search.words import sentences

SIXTY = (*sentences.DEMO, *sentences.MUSIC)
#: What this library has no answer to: an artist or a year that none of its tracks has.
MISSING = ("Kältekammer", "Nils Aalto", "Kenta Cho", "from the", "from 1959")


def page(fork: Fork, text: str, **wish: Any) -> dict[str, Any]:
    return fork.ask("text", text=text, model="muq", **wish)[0]


@pytest.mark.parametrize("text", [sentence.text for sentence in SIXTY if sentence.come])
def test_the_page_gives_a_list_for_what_people_write(fork: Fork, text: str) -> None:
    try:
        shown = page(fork, text)
    except Refusal as refusal:
        assert any(name in text for name in MISSING), refusal
        return

    assert len(set(shown["trackIds"])) == len(shown["trackIds"]) > 0


@pytest.mark.parametrize("text", [sentence.text for sentence in SIXTY if not sentence.come])
def test_what_nobody_understands_is_refused_with_its_words(fork: Fork, text: str) -> None:
    with pytest.raises(Refusal):
        page(fork, text)


def test_words_to_avoid_are_read(fork: Fork) -> None:
    shown = page(fork, "electronic", negativePrompts=["loud"], negativePromptPenalty=0.3)

    assert shown["trackIds"]
