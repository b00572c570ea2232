"""Texts that arrive while others are under way share a request."""

from __future__ import annotations

import asyncio

import pytest

from contract.errors import (
    Busy,
    DeadlineExceeded,
    Internal,
    InvalidRequest,
    MeshError,
    ModelFailed,
    ModelUnavailable,
    NoWorker,
    Poisoned,
    TextUnavailable,
)
from contract.operation import BATCH, INTERACTIVE
from gateway.http.tracing import TRACE
from gateway.text import coalescing as module
from gateway.text import gathering
from tests.unit.gateway.text.asked import DIM, numbers_of, quick, send, settle, teach


def test_nothing_waits_for_company_and_what_gathers_travels_in_order() -> None:
    async def run() -> None:
        mesh, texts = await quick()
        callers = send(texts, 1, 2, 3, 4, 5)
        await settle()
        assert mesh.texts() == [["1"], ["2"]]
        mesh.asked[0].answer()
        await settle()
        assert mesh.texts() == [["2"], ["3", "4", "5"]]
        callers += send(texts, 6)
        await settle()
        assert mesh.texts() == [["2"], ["3", "4", "5"]]
        mesh.asked[2].answer()
        await settle()
        assert mesh.texts() == [["2"], ["6"]]
        mesh.asked[1].answer()
        mesh.asked[3].answer()
        assert await numbers_of(callers) == [1, 2, 3, 4, 5, 6]
        assert [vector.dim for vector in await asyncio.gather(*callers)] == [DIM] * 6

    asyncio.run(run())


def test_a_full_request_leaves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST_TEXTS", 4)

    async def run() -> None:
        mesh, texts = await quick()
        callers = send(texts, *range(12))
        await settle()
        assert mesh.texts() == [["0"], ["1"], ["2", "3", "4", "5"], ["6", "7", "8", "9"]]
        for asked in mesh.open():
            asked.answer()
        await settle()
        assert mesh.texts() == [["10", "11"]]
        mesh.open()[0].answer()
        assert await numbers_of(callers) == list(range(12))

    asyncio.run(run())


@pytest.mark.parametrize(("seconds", "most"), [(0.5, 1), (0.011, 1), (0.005, 4), (0.001, 20)])
def test_the_slower_a_model_the_fewer_texts_share_a_request(seconds: float, most: int) -> None:
    async def run() -> None:
        mesh, texts = await quick()
        await teach(mesh, texts, seconds)
        callers = send(texts, *range(2 + 3 * most))
        await settle()
        sizes = [len(asked) for asked in mesh.texts()]
        # The average of what was learned lies close to `seconds`, below it or above.
        assert sum(sizes) >= 2 + 2 * most
        assert max(sizes) in {most, most - 1, most + 1}
        while mesh.open():
            mesh.open()[0].answer(seconds)
            await settle()
        assert await numbers_of(callers) == list(range(2 + 3 * most))

    asyncio.run(run())


def test_long_vectors_travel_in_small_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST_BYTES", 3 * 4 * 100)

    async def run() -> None:
        mesh, texts = await quick(dim=100)
        send(texts, *range(8))
        await settle()
        assert [len(asked) for asked in mesh.texts()] == [1, 1, 3, 3]
        await texts.close()

    asyncio.run(run())


def test_models_and_lanes_do_not_wait_for_each_other() -> None:
    async def run() -> None:
        mesh, texts = await quick()
        await teach(mesh, texts, 0.0, "mert")
        await teach(mesh, texts, 0.0, "muq", BATCH)
        places = (("muq", INTERACTIVE), ("mert", INTERACTIVE), ("muq", BATCH))
        callers = [caller for model, lane in places for caller in send(texts, 1, 2, 3, 4, model=model, lane=lane)]
        await settle()
        assert mesh.texts() == [["1"], ["2"]] * 3
        assert [(asked.service, asked.lane) for asked in mesh.asked[::2]] == [
            ("embed.muq", "interactive"),
            ("embed.mert", "interactive"),
            ("embed.muq", "batch"),
        ]
        mesh.asked[2].answer()
        await settle()
        assert mesh.texts()[-1] == ["3", "4"]
        assert mesh.open()[-1].service == "embed.mert"
        while mesh.open():
            mesh.open()[-1].answer()
            await settle()
        assert await numbers_of(callers) == [1, 2, 3, 4] * 3

    asyncio.run(run())


class Clock:
    """The time that the test says."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


def test_each_caller_keeps_its_own_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(module, "TICK_SECONDS", 0.001)

    async def run() -> None:
        mesh, texts = await quick()
        first = send(texts, 1, 2)
        hasty, patient, doomed = *send(texts, 3, timeout=5.0), *send(texts, 4, timeout=50.0), *send(texts, 5)
        await settle()
        clock.now += 1
        mesh.asked[0].answer()
        await settle()
        joint = mesh.asked[2]
        assert (joint.texts, joint.timeout) == (["3", "4", "5"], 59)
        late = send(texts, 6, timeout=3.0)[0]
        await settle()
        clock.now += 3.5
        assert not hasty.done()
        with pytest.raises(DeadlineExceeded, match=r"embed\.muq did not answer"):
            await late
        assert not hasty.done()
        clock.now += 1
        with pytest.raises(DeadlineExceeded):
            await hasty
        doomed.cancel()
        await settle()
        assert joint.open
        joint.answer()
        mesh.asked[1].answer()
        assert await numbers_of([*first, patient]) == [1, 2, 4]
        assert len(mesh.asked) == 3, "a text whose deadline has passed does not leave"

    asyncio.run(run())


def test_who_leaves_takes_only_their_own_text_back() -> None:
    async def run() -> None:
        mesh, texts = await quick()
        callers = send(texts, 1, 2, 3, 4, 5, 6)
        await settle()
        callers[2].cancel()
        callers[0].cancel()
        await settle()
        assert mesh.asked[0].outcome.cancelled()
        joint = mesh.asked[2]
        assert joint.texts == ["4", "5", "6"]
        callers[3].cancel()
        await settle()
        assert joint.open
        joint.answer()
        mesh.asked[1].answer()
        outcomes = await asyncio.gather(*callers, return_exceptions=True)
        left = [number for number, one in enumerate(outcomes, 1) if isinstance(one, asyncio.CancelledError)]
        assert left == [1, 3, 4]
        assert await numbers_of([callers[1], *callers[4:]]) == [2, 5, 6]

    asyncio.run(run())


def test_a_request_that_nobody_wants_is_taken_back() -> None:
    async def run() -> None:
        mesh, texts = await quick()
        callers = send(texts, 1, 2, 3, 4)
        await settle()
        mesh.asked[0].answer()
        await settle()
        joint = mesh.asked[2]
        waiting = send(texts, 5)
        await settle()
        for caller in callers[2:]:
            caller.cancel()
        await settle()
        assert joint.outcome.cancelled()
        assert mesh.texts() == [["2"], ["5"]]
        for asked in mesh.open():
            asked.answer()
        assert await numbers_of([callers[1], *waiting]) == [2, 5]

    asyncio.run(run())


@pytest.mark.parametrize("kind", [NoWorker, Busy, DeadlineExceeded, ModelUnavailable, TextUnavailable])
def test_an_error_of_the_mesh_or_the_model_is_everybodys(kind: type[MeshError]) -> None:
    async def run() -> None:
        mesh, texts = await quick()
        callers = send(texts, 1, 2, 3, 4, 5)
        await settle()
        mesh.asked[0].answer()
        mesh.asked[1].answer()
        await settle()
        mesh.asked[2].fail(kind("not now", {"retry_after": 3}))
        outcomes = await asyncio.gather(*callers, return_exceptions=True)
        errors = [one for one in outcomes if isinstance(one, MeshError)]
        assert [(type(one), one.message, one.detail) for one in errors] == [(kind, "not now", {"retry_after": 3})] * 3
        assert len({id(one) for one in errors}) == 3
        assert len(mesh.asked) == 3

    asyncio.run(run())


@pytest.mark.parametrize("kind", [InvalidRequest, Internal, ModelFailed, Poisoned])
def test_a_bad_text_fails_alone(kind: type[MeshError]) -> None:
    async def run() -> None:
        mesh, texts = await quick()
        callers = send(texts, 1, 2, 3, 4, 5)
        await settle()
        mesh.asked[0].answer()
        mesh.asked[1].answer()
        await settle()
        mesh.asked[2].fail(kind("one of them"))
        await settle()
        assert mesh.texts() == [["3"], ["4"], ["5"]]
        mesh.asked[4].fail(kind("this one"))
        mesh.asked[3].answer()
        mesh.asked[5].answer()
        outcomes = await asyncio.gather(*callers, return_exceptions=True)
        assert [str(one) if isinstance(one, kind) else "" for one in outcomes] == ["", "", "", "this one", ""]
        assert await numbers_of([*callers[:3], callers[4]]) == [1, 2, 3, 5]
        # Until the model has shown again that it is quick, nothing shares a request.
        more = send(texts, 6, 7, 8)
        await settle()
        assert mesh.texts() == [["6"], ["7"], ["8"]]
        for asked in mesh.open():
            asked.answer()
        assert await numbers_of(more) == [6, 7, 8]

    asyncio.run(run())


def test_a_worker_that_returns_one_vector_for_all_is_asked_for_each() -> None:
    async def run() -> None:
        mesh, texts = await quick()
        callers = send(texts, 1, 2, 3, 4)
        await settle()
        mesh.asked[0].answer()
        await settle()
        joint = mesh.asked[2]
        joint.texts = ["3"]  # it has read the first text only
        joint.answer()
        await settle()
        assert mesh.texts() == [["2"], ["3"], ["4"]]
        for asked in mesh.open():
            asked.answer()
        assert await numbers_of(callers) == [1, 2, 3, 4]

    asyncio.run(run())


def test_a_request_carries_the_trace_of_its_first_text() -> None:
    async def traced(texts: module.Coalescing, text: int) -> float:
        TRACE.set(f"trace-{text}")
        return (await texts.vector("muq", str(text), 60.0)).numbers()[0]

    async def run() -> None:
        mesh, texts = await quick()
        callers = [asyncio.create_task(traced(texts, text)) for text in (1, 2, 3, 4)]
        await settle()
        mesh.asked[0].answer()
        await settle()
        assert [asked.trace for asked in mesh.asked] == ["trace-1", "trace-2", "trace-3"]
        for asked in mesh.open():
            asked.answer()
        assert await asyncio.gather(*callers) == [1, 2, 3, 4]

    asyncio.run(run())


def test_everything_ends_on_close() -> None:
    async def run() -> None:
        mesh, texts = await quick()
        callers = send(texts, 1, 2, 3, 4)
        await settle()
        mesh.asked[0].answer()
        await settle()
        callers += send(texts, 5)
        await settle()
        await texts.close()
        outcomes = await asyncio.gather(*callers[2:], return_exceptions=True)
        assert [type(one) for one in outcomes] == [asyncio.CancelledError] * 3
        assert mesh.texts() == [["2"]], "its caller made it, and ends with it"
        callers[1].cancel()
        await asyncio.gather(*callers, return_exceptions=True)
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(run())
