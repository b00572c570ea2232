"""Operations through a real broker and worker loop: types on both sides, errors that name the field."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError

import pytest

from broker.aio import AsyncMeshClient
from broker.client import MeshClient
from contract.errors import BadAnswer, InvalidRequest, NotFound
from contract.operation import operations_of
from contract.settings import load_settings
from tests.harness.mesh import Mesh, workers_of
from tests.harness.waiting import eventually
from tests.integration.contract.greeter import (
    AsyncGreeterClient,
    Greeter,
    GreeterClient,
    GreeterService,
    Greeting,
    GreetRequest,
    Nothing,
)
from workers.runtime.settings import WorkerSettings
from workers.runtime.worker import Worker


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    mesh = Mesh(tmp_path_factory.mktemp("sm"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in mesh.environment.items():
            patch.setenv(name, value)
        worker = Worker(GreeterService(), "greeter_01", load_settings(WorkerSettings))
    thread = threading.Thread(target=worker.run)
    thread.start()
    with MeshClient(mesh.endpoint) as client:
        eventually(lambda: bool(workers_of(client, Greeter.service)), "the greeter is there")
    yield mesh.endpoint
    worker.stop()
    thread.join()
    mesh.close()


@pytest.fixture
def greeter(endpoint: str) -> Iterator[GreeterClient]:
    with MeshClient(endpoint) as client:
        yield GreeterClient(client)


def test_the_reply_is_typed(greeter: GreeterClient) -> None:
    assert greeter.greet(GreetRequest(name="Ada", times=2), timeout=5) == Greeting(words=["hello Ada"] * 2)


def test_the_same_definition_serves_an_event_loop(endpoint: str) -> None:
    async def ask() -> Greeting:
        async with AsyncMeshClient(endpoint) as client:
            return await AsyncGreeterClient(client).greet(GreetRequest(name="Ada"), timeout=5)

    assert asyncio.run(ask()) == Greeting(words=["hello Ada"])


def test_blobs_and_seconds_come_with_an_answer(greeter: GreeterClient) -> None:
    answer = greeter.echo.answer(Nothing(), [b"one", b"two"], timeout=5)
    assert [bytes(blob) for blob in answer.blobs] == [b"one", b"two"]
    assert answer.seconds is not None
    assert set(answer.seconds) == {"queue", "compute"}


def test_a_future_is_typed_and_a_handler_may_answer_later(greeter: GreeterClient) -> None:
    assert greeter.later.submit(GreetRequest(name="Ada"), timeout=5).result().value.words == ["hello Ada"]


def test_a_cancelled_future_takes_the_request_back(greeter: GreeterClient) -> None:
    future = greeter.later.submit(GreetRequest(name="Ada"), timeout=5)
    assert future.cancel()
    with pytest.raises(CancelledError):
        future.result()


def test_errors_are_typed(greeter: GreeterClient) -> None:
    with pytest.raises(NotFound, match="nobody to greet"):
        greeter.greet(GreetRequest(name="nobody"), timeout=5)


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "Ada", "times": 4}, "times"),
        ({"name": "Ada", "nmae": 1}, "nmae"),  # codespell:ignore nmae
    ],
)
def test_a_request_that_does_not_fit_names_the_field(endpoint: str, params: dict[str, object], field: str) -> None:
    with MeshClient(endpoint) as client, pytest.raises(InvalidRequest) as told:
        client.call(Greeter.service, Greeter.greet.name, params)
    assert told.value.detail == {"field": field}


def test_an_answer_that_does_not_fit_is_an_error_of_the_call(greeter: GreeterClient) -> None:
    with pytest.raises(BadAnswer, match="greeter sent an invalid reply to wrong: words"):
        greeter.wrong(Nothing(), timeout=5)


def test_a_service_lists_its_operations() -> None:
    assert [operation.name for operation in operations_of(GreeterClient)] == ["greet", "echo", "later", "wrong"]
