"""How the search reads texts, as the directory of models knows it."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from broker.wire import Reply, pack_map, unpack_map
from contract.errors import NoWorker
from contract.search import Search, WordsStatus
from gateway.mesh import MeshConnection
from gateway.models.directory import ModelDirectory

STATUS = WordsStatus(models=["fusion"], license="", lacking="", tracks=3, heard=3)


class Mesh:
    """Answers once `may` is set; counts what it is asked."""

    def __init__(self, *, away: bool = False) -> None:
        self.asked = 0
        self.may = asyncio.Event()
        self._away = away

    async def call(self, service: str, _op: str, *_params: Any, **_options: Any) -> Reply:
        assert service == Search.service
        self.asked += 1
        await self.may.wait()
        if self._away:
            raise NoWorker("no search worker")
        return Reply(unpack_map(pack_map(STATUS)), [])


def directory(mesh: Mesh) -> ModelDirectory:
    return ModelDirectory(cast(MeshConnection, mesh))


def test_callers_at_once_share_the_first_answer() -> None:
    async def both() -> tuple[list[WordsStatus], int]:
        mesh = Mesh()
        models = directory(mesh)
        callers = [asyncio.create_task(models.words()) for _ in range(2)]
        await asyncio.sleep(0)
        mesh.may.set()
        return await asyncio.gather(*callers), mesh.asked

    answers, asked = asyncio.run(both())
    assert [answer.models for answer in answers] == [["fusion"], ["fusion"]]
    assert asked == 1


def test_nobody_waits_again_for_a_search_that_is_away(monkeypatch: Any) -> None:
    monkeypatch.setattr("gateway.models.directory.WORDS_FRESH_SECONDS", -1.0)

    async def later() -> tuple[list[str], int]:
        mesh = Mesh(away=True)
        mesh.may.set()
        models = directory(mesh)
        await models.words()
        mesh.may.clear()
        answers = [await models.words() for _ in range(3)]
        await asyncio.sleep(0)
        mesh.may.set()
        return answers[-1].models, mesh.asked

    assert asyncio.run(later()) == ([], 2)
