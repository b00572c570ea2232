"""When two answers count as the same."""

from __future__ import annotations

import pytest

from bench.crash import TOLERANCE, alike, same

ANSWER = [("x", 0.9), ("y", 0.5), ("z", 0.4)]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (ANSWER, True),
        ([("x", 0.9 + TOLERANCE / 2), *ANSWER[1:]], True),
        ([*ANSWER[:2], ("w", 0.4)], True),  # as near as the last one
        ([("x", 0.8), *ANSWER[1:]], False),
        ([("w", 0.9), *ANSWER[1:]], False),
        ([("y", 0.9), ("x", 0.5), ("z", 0.4)], False),
        (ANSWER[:2], False),
        ([], False),
    ],
)
def test_answers_name_the_same_tracks(other: list[tuple[str, float]], expected: bool) -> None:
    assert alike(ANSWER, other) is expected
    assert alike(other, ANSWER) is expected
    assert same((["x"], [ANSWER]), (["x"], [other])) is expected
    assert not same((["x"], [ANSWER]), (["x", "y"], [other]))
