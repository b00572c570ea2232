"""The cache of text vectors, against a mesh in this process."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import cast

import pytest

from broker.wire import Reply
from contract.embedding import TextRequest
from contract.errors import Internal, NoWorker, TextUnavailable
from contract.loading import ModelUnloaded
from contract.operation import Buffer
from gateway.mesh import MeshConnection
from gateway.text import texts
from gateway.text.texts import TextVectors


class Model:
    """`embed.text` of four numbers; it raises what the test says."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.model_id = "first"
        self.error: Exception | None = None
        self.stub = False
        self.bytes = 16
        self.gate = asyncio.Event()
        self.gate.set()

    async def call(
        self,
        service: str,
        op: str,
        params: TextRequest,
        blobs: Sequence[Buffer] = (),
        *,
        timeout: float,
        lane: str = "",
    ) -> Reply:
        self.asked += params.texts
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return Reply({"dim": 4, "model_id": self.model_id, "is_stub": self.stub}, [bytes(self.bytes)])


def vectors(model: Model) -> TextVectors:
    return TextVectors(cast(MeshConnection, model), 25.0)


def test_a_text_is_asked_for_once_even_at_once() -> None:
    async def run() -> list[str]:
        model = Model()
        known = vectors(model)
        found = await asyncio.gather(*(known.vector("muq", "a") for _ in range(5)))
        assert [each.numbers() for each in found] == [[0.0] * 4] * 5
        await known.vector("muq", "a")
        return model.asked

    assert asyncio.run(run()) == ["a"]


def test_another_checkpoint_makes_the_old_vectors_worthless() -> None:
    async def run() -> list[str]:
        model = Model()
        known = vectors(model)
        await known.vector("mert", "c")
        await known.vector("muq", "a")
        model.model_id = "second"
        await known.vector("muq", "b")
        await known.vector("muq", "a")
        await known.vector("mert", "c")
        await known.vector("muq", "b")
        return model.asked

    assert asyncio.run(run()) == ["c", "a", "b", "a"]


def test_a_model_that_learned_other_words_is_asked_again() -> None:
    async def run() -> list[str]:
        model = Model()
        known = vectors(model)
        for name in ("muq", "spectral"):
            await known.vector(name, name)
        known.observe_event(ModelUnloaded(model="muq", worker="muq_01", device="cpu", reason="idle"))
        known.observe_event(ModelUnloaded(model="spectral", worker="spectral_01", device="cpu", reason="request"))
        for name in ("muq", "spectral"):
            await known.vector(name, name)
        return model.asked

    assert asyncio.run(run()) == ["muq", "spectral", "spectral"]


def test_memory_is_bounded_and_stubs_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MAX_BYTES", 2.5 * (texts.ENTRY_BYTES + sys.getsizeof("a") + 16))

    async def run() -> list[str]:
        model = Model()
        known = vectors(model)
        for text in ("a", "b", "c", "b", "a"):
            await known.vector("muq", text)
        model.stub = True
        await known.vector("muq", "stub")
        await known.vector("muq", "stub")
        return model.asked

    assert asyncio.run(run()) == ["a", "b", "c", "a", "stub", "stub"]


def test_who_has_no_text_is_not_asked_again_soon() -> None:
    async def run() -> list[str]:
        model = Model()
        known = vectors(model)
        model.error = TextUnavailable("none here")
        for text in ("a", "b"):
            with pytest.raises(TextUnavailable, match="none here"):
                await known.vector("spectral", text)
        model.error = NoWorker("nobody")
        for text in ("c", "d"):
            with pytest.raises(TextUnavailable, match="is not running"):
                await known.vector("muq", text)
        return model.asked

    assert asyncio.run(run()) == ["a", "c", "d"]


def test_a_budget_leaves_the_call_running_a_cancel_does_not() -> None:
    async def run() -> None:
        model = Model()
        model.gate.clear()
        known = vectors(model)
        with pytest.raises(TimeoutError):
            await known.vector("muq", "slow", 0.01)
        leaving = asyncio.create_task(known.vector("muq", "left"))
        staying = asyncio.create_task(known.vector("muq", "shared"))
        also = asyncio.create_task(known.vector("muq", "shared"))
        await asyncio.sleep(0)
        leaving.cancel()
        also.cancel()
        await asyncio.gather(leaving, also, return_exceptions=True)
        model.gate.set()
        assert (await staying).dim == 4
        assert (await known.vector("muq", "slow")).dim == 4
        assert (await known.vector("muq", "left")).dim == 4
        assert model.asked == ["slow", "left", "shared", "left"]

    asyncio.run(run())


def test_the_first_caller_may_leave_the_others_waiting() -> None:
    async def run() -> None:
        model = Model()
        model.gate.clear()
        known = vectors(model)
        callers = [asyncio.create_task(known.vector("muq", "shared")) for _ in range(3)]
        await asyncio.sleep(0)
        callers[0].cancel()
        await asyncio.gather(callers[0], return_exceptions=True)
        model.gate.set()
        assert [found.dim for found in await asyncio.gather(*callers[1:])] == [4, 4]
        assert (await known.vector("muq", "shared")).dim == 4
        assert model.asked == ["shared", "shared"]

    asyncio.run(run())


def test_a_call_made_again_ends_with_its_last_caller_and_everything_ends_on_close() -> None:
    async def run() -> None:
        model = Model()
        model.gate.clear()
        known = vectors(model)
        callers = [asyncio.create_task(known.vector("muq", "left")) for _ in range(2)]
        held = [asyncio.create_task(known.vector("muq", "held", 60)) for _ in range(2)]
        await asyncio.sleep(0)
        for caller in callers:
            caller.cancel()
            await asyncio.gather(caller, return_exceptions=True)
            await asyncio.sleep(0)
        await known.close()
        outcomes = await asyncio.gather(*held, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError] * 2
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(run())


def test_what_is_no_vector_is_an_error() -> None:
    async def run() -> None:
        model = Model()
        model.bytes = 15
        with pytest.raises(Internal, match="did not return a vector of 4 numbers"):
            await vectors(model).vector("muq", "a")

    asyncio.run(run())
