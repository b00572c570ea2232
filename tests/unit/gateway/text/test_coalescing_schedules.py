"""Whatever happens in whatever order: each caller gets the vector or the error of its own text."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from contract.errors import InvalidRequest
from gateway.text.gathering import MOST_UNDER_WAY
from gateway.text.vector import TextVector
from tests.unit.gateway.text.asked import Asked, Mesh, quick, send, settle

#: What happens next: texts arrive, a request is answered, or a caller leaves. Numbers choose which.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(1, 9)),
        st.tuples(st.just("answer"), st.integers(0, 99)),
        st.tuples(st.just("leave"), st.integers(0, 99)),
    ),
    max_size=30,
)
BAD = st.sets(st.integers(0, 60), max_size=4)


@settings(max_examples=150, deadline=None)
@given(steps=STEPS, bad=BAD)
def test_each_caller_gets_its_own(steps: list[tuple[str, int]], bad: set[int]) -> None:
    asyncio.run(_run(steps, bad))


async def _run(steps: list[tuple[str, int]], bad: set[int]) -> None:
    mesh, texts = await quick()
    callers: list[asyncio.Task[TextVector]] = []
    left: set[int] = set()
    for step, number in steps:
        if step == "send":
            callers += send(texts, *range(len(callers), len(callers) + number))
        elif step == "answer" and (under_way := mesh.open()):
            _answer(under_way[number % len(under_way)], bad)
        elif step == "leave" and callers and not callers[number % len(callers)].done():
            left.add(number % len(callers))
            callers[number % len(callers)].cancel()
        await settle()
        _check(mesh, bad)
    while under_way := mesh.open():
        _answer(under_way[0], bad)
        await settle()
    outcomes = await asyncio.gather(*callers, return_exceptions=True)
    assert [_told(outcome) for outcome in outcomes] == [
        "left" if text in left else f"{text} is bad" if text in bad else float(text) for text in range(len(callers))
    ]
    assert len(asyncio.all_tasks()) == 1


def _answer(asked: Asked, bad: set[int]) -> None:
    """Like a worker that refuses a request for any of its texts."""
    found = [text for text in asked.texts if int(text) in bad]
    if found:
        asked.fail(InvalidRequest(f"{found[0]} is bad"))
    else:
        asked.answer()


def _check(mesh: Mesh, bad: set[int]) -> None:
    """A quick model has few requests under way, unless one has failed."""
    if not any(int(text) in bad for asked in mesh.asked for text in asked.texts):
        assert len(mesh.open()) <= MOST_UNDER_WAY


def _told(outcome: TextVector | BaseException) -> object:
    if isinstance(outcome, asyncio.CancelledError):
        return "left"
    return str(outcome) if isinstance(outcome, InvalidRequest) else outcome.numbers()[0]  # type: ignore[union-attr]
