"""A service on the real worker loop whose operations do everything that a handler should not."""

from __future__ import annotations

import ctypes
import os
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

from broker.wire import Reply
from contract.errors import Conflict, DecodeFailed, StoreUnavailable
from workers.runtime.service import Call, Handler, Outcome, Service, WorkerContext, single


class OddService(Service):
    """`gate`: a file without which the service cannot start."""

    credit: ClassVar[int] = 8

    def __init__(self, gate: Path | None = None) -> None:
        self._gate = gate
        self._order = 0
        self._discarded = 0
        self._idle = 0
        self._pool = ThreadPoolExecutor(2)

    @property
    def name(self) -> str:
        return "odd"

    def start(self, mesh: WorkerContext) -> None:
        if self._gate is not None and not self._gate.exists():
            raise StoreUnavailable(f"{self._gate.name} is missing")

    def operations(self) -> Mapping[str, Handler]:
        return {
            "echo": single(lambda call: Reply(call.params, call.blobs)),
            "sleep": single(self._sleep),
            "batch": Handler(self._batch, batch=4),
            "prepared": Handler(self._prepared, batch=4, prepare=_prepare, discard=self._discard),
            "raise": single(_raise),
            "conflict": single(_conflict),
            "too-few": Handler(lambda _calls: []),
            "unpackable": single(lambda _call: Reply({"value": object()})),
            "die": single(_die),
            "die-once": single(_die_once),
            "hang": single(_hang),
            "hang-in-c": single(_hang_in_c),
            "later": single(self._later),
        }

    def control(self) -> Mapping[str, Handler]:
        return {"counts": single(lambda _: Reply({"discarded": self._discarded, "idle": self._idle}))}

    def idle(self) -> None:
        self._idle += 1

    def _sleep(self, call: Call) -> Reply:
        time.sleep(call.params["seconds"])
        self._order += 1
        return Reply({"order": self._order, "lane": call.lane, "attempt": call.attempt, "pid": os.getpid()})

    def _later(self, call: Call) -> Future[Reply]:
        """Answered by another thread: with an error, or after `seconds`."""
        if call.params.get("fail"):
            return self._pool.submit({"typed": _conflict, "defect": _raise}[call.params["fail"]], call)
        return self._pool.submit(self._sleep, call)

    def _batch(self, calls: Sequence[Call]) -> Sequence[Outcome]:
        self._order += 1
        time.sleep(max(call.params["seconds"] for call in calls))
        return [Reply({"size": len(calls), "order": self._order, "pid": os.getpid()}) for _ in calls]

    def _prepared(self, calls: Sequence[Call]) -> Sequence[Outcome]:
        return [Reply({"thread": call.prepared, "size": len(calls)}) for call in calls]

    def _discard(self, _call: Call) -> None:
        self._discarded += 1


def _prepare(call: Call) -> str:
    time.sleep(call.params.get("seconds", 0))
    if call.params.get("fail") == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if call.params.get("fail") == "typed":
        raise DecodeFailed("this is no music")
    if call.params.get("fail"):
        raise ZeroDivisionError("a defect")
    return threading.current_thread().name


def _raise(_call: Call) -> Reply:
    raise ValueError("secret of the inside")


def _conflict(_call: Call) -> Reply:
    raise Conflict("not now", {"since": 1})


def _die(_call: Call) -> Reply:
    os.kill(os.getpid(), signal.SIGKILL)
    return Reply()


def _die_once(call: Call) -> Reply:
    """Dies in the first process that gets the call, and is well in the next."""
    mark = Path(call.params["mark"])
    if not mark.exists():
        mark.write_text(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGKILL)
    return Reply({"died": int(mark.read_text()), "pid": os.getpid()})


def _hang(call: Call) -> Reply:
    Path(call.params["mark"]).touch()
    while True:
        time.sleep(60)


def _hang_in_c(_call: Call) -> Reply:
    """Holds the interpreter's lock: no other thread of this process runs Python."""
    ctypes.PyDLL(None).sleep(600)
    return Reply()
