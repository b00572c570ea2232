"""Labels as words: the console makes them part of a text."""

from __future__ import annotations

import pytest

from contract.vocabulary import VOCABULARY
from workers.search.words.parser import Parser
from workers.search.words.tracks import no_tracks


@pytest.mark.parametrize("name", [label.name for label in VOCABULARY if label.kind != "era"])
def test_the_name_of_a_label_is_understood_and_asks_for_it(name: str) -> None:
    read = Parser(no_tracks(), None).read(name)

    [term] = read.terms
    assert term.profile[name] >= 0.6
    assert not read.unknown and not read.limits and not read.likes
