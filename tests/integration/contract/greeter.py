"""A small service of its own contract, served by a real worker loop."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Annotated

from annotated_types import Ge, Le

from contract.errors import NotFound
from contract.fields import Doc, Label
from contract.message import Message, message
from contract.operation import Asyncio, Blocking, Operation, ReplyWithBlobs
from workers.runtime import service as runtime
from workers.runtime.service import Call
from workers.runtime.serving import served


@message
class GreetRequest(Message):
    name: Annotated[Label, Doc("who is greeted")]
    times: Annotated[int, Ge(1), Le(3)] = 1


@message
class Greeting(Message):
    words: list[str]


@message
class Nothing(Message):
    """No fields."""


class Greeter:
    service = "greeter"
    greet = Operation("greet", GreetRequest, Greeting, "Says hello.")
    echo = Operation("echo", Nothing, Nothing, "Sends the blobs back.", takes="any", gives="those")
    later = Operation("later", GreetRequest, Greeting, "Says hello after the call returned.")
    wrong = Operation("wrong", Nothing, Greeting, "Answers with something else.")


class GreeterClient(Blocking, Greeter):
    """Waits."""


class AsyncGreeterClient(Asyncio, Greeter):
    """For an event loop."""


class GreeterService(runtime.Service):
    """Serves it."""

    @property
    def name(self) -> str:
        return Greeter.service

    def operations(self) -> Mapping[str, runtime.Handler]:
        return {
            **served(Greeter.greet, self._greet),
            **served(Greeter.echo, lambda _, call: ReplyWithBlobs(Nothing(), call.blobs)),
            **served(Greeter.later, self._later),
            **served(Greeter.wrong, lambda *_: Nothing()),  # type: ignore[arg-type]  # that is the point
        }

    def _greet(self, request: GreetRequest, _call: Call) -> Greeting:
        if request.name == "nobody":
            raise NotFound("there is nobody to greet")
        return Greeting(words=[f"hello {request.name}"] * request.times)

    def _later(self, request: GreetRequest, call: Call) -> Future[Greeting]:
        answer: Future[Greeting] = Future()
        threading.Timer(0.05, lambda: answer.set_result(self._greet(request, call))).start()
        return answer
