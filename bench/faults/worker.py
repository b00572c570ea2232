"""The worker under faults, on the real worker loop: `python -m bench.faults.worker NAME`.

Its operations compute, hang while they hold the interpreter's lock, or end the process; those with a `mark` do so only
once, in the process that creates that file.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from bench.faults.load import SERVICE, SQUARE, rest
from broker.process import on_stop, setup_logging
from broker.wire import Reply
from contract.settings import load_settings
from workers.runtime.leave import leave
from workers.runtime.service import Call, Handler, Service, single
from workers.runtime.settings import WorkerSettings
from workers.runtime.worker import Worker


class FaultService(Service):
    """`fault`."""

    credit: ClassVar[int] = 4

    @property
    def name(self) -> str:
        return SERVICE

    def operations(self) -> Mapping[str, Handler]:
        return {
            SQUARE: single(_square),
            "hang-once": single(_hang_once),
            "segfault": single(_segfault),
            "segfault-once": single(_segfault_once),
        }


def _square(call: Call) -> Reply:
    rest(call.params["seconds"])
    return Reply({"square": call.params["n"] ** 2})


def _is_first(call: Call) -> bool:
    try:
        Path(call.params["mark"]).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _hang_once(call: Call) -> Reply:
    if _is_first(call):
        ctypes.PyDLL(None).sleep(3600)
    return Reply({"pid": os.getpid()})


def _segfault(_call: Call) -> Reply:
    ctypes.string_at(0)
    return Reply({"pid": os.getpid()})


def _segfault_once(call: Call) -> Reply:
    return _segfault(call) if _is_first(call) else Reply({"pid": os.getpid()})


def main(name: str) -> int:
    """Serve until SIGTERM."""
    settings = load_settings(WorkerSettings)
    setup_logging(settings.log_level)
    worker = Worker(FaultService(), name, settings)
    on_stop(worker.stop)
    return worker.run()


if __name__ == "__main__":
    leave(main(sys.argv[1]))
