"""The sixty sentences: what comes, what must not come, and whether the vector of a text brings the same list."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.heard import Name
from tests.integration.workers.search.words import sentences
from tests.integration.workers.search.words.conftest import Ask
from tests.integration.workers.search.words.sentence import Sentence
from workers.models.sentence.locations import MODULE, find

#: Scores that were reached, less what another machine's rounding may cost.
REACHED: dict[Name, float] = {"demo": 0.91, "music": 0.86}
#: Least mean share of the first ten that the vector of a text brings too: likewise.
AGREEMENT: dict[Name, float] = {"demo": 0.91, "music": 0.78}
SENTENCES: dict[Name, tuple[Sentence, ...]] = {"demo": sentences.DEMO, "music": sentences.MUSIC}

needs_weights = pytest.mark.skipif(find(Path("nowhere")) is None, reason=f"{MODULE} is not installed")


def test_there_are_sixty() -> None:
    texts = [sentence.text for group in SENTENCES.values() for sentence in group]

    assert len(texts) == len(set(texts)) == 60


@needs_weights
@pytest.mark.parametrize("name", SENTENCES)
def test_sentences_find_what_they_ask_for(ask: Ask, name: Name) -> None:
    answering = ask(name)
    scores = {}
    for sentence in SENTENCES[name]:
        found = answering.list_for(sentence.text)
        scores[sentence.text] = sentence.score(answering.traits(found), answering.library.songs)
        print(f"{scores[sentence.text]:.2f} {sentence.text}")

    reached = float(np.mean(list(scores.values())))
    print(f"{name}: {reached:.3f}")
    assert reached >= REACHED[name], scores


@needs_weights
@pytest.mark.parametrize("name", SENTENCES)
def test_the_vector_of_a_text_brings_much_the_same_list(ask: Ask, name: Name) -> None:
    answering = ask(name)
    shares = []
    for sentence in SENTENCES[name]:
        vector = answering.vector_of(sentence.text)
        if vector is not None:
            own = {track.track_id for track in answering.list_for(sentence.text).tracks[:10]}
            by_vector = {track.track_id for track in answering.list_of(vector).tracks[:10]}
            shares.append(len(own & by_vector) / len(own))

    print(f"{name}: {np.mean(shares):.3f}")
    assert len(shares) >= len(SENTENCES[name]) - 2
    assert np.mean(shares) >= AGREEMENT[name]
