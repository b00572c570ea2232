"""A network of its own: only loopback, all ports free, names from a hosts file. Needs root."""

from __future__ import annotations

import ctypes
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
CLONE_NEWNET = 0x40000000


class Network:
    """A network namespace, alive as long as its keeper sleeps."""

    def __init__(self) -> None:
        enter = ["unshare", "--net", "--kill-child", "--fork", "sh", "-c"]
        self._keeper = subprocess.Popen([*enter, "ip link set lo up && echo up && exec sleep infinity"], stdout=-1)
        assert self._keeper.stdout is not None
        assert self._keeper.stdout.readline() == b"up\n"
        [child] = Path(f"/proc/{self._keeper.pid}/task/{self._keeper.pid}/children").read_text().split()
        self.path = Path(f"/proc/{child}/ns/net")

    def wrap(self, command: list[str]) -> list[str]:
        """The command inside of the network."""
        return ["nsenter", f"--net={self.path}", *command]

    def within(self, work: Callable[[], T]) -> T:
        """Do some work, such as a request, from inside."""
        outcome: dict[str, Any] = {}

        def run() -> None:
            handle = os.open(self.path, os.O_RDONLY)
            try:
                if ctypes.CDLL(None, use_errno=True).setns(handle, CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), "setns")
                outcome["value"] = work()
            except BaseException as error:  # noqa: BLE001  it is raised again in the thread that asked
                outcome["error"] = error
            finally:
                os.close(handle)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        if error := outcome.get("error"):
            raise error
        value: T = outcome["value"]
        return value

    def close(self) -> None:
        self._keeper.kill()
        self._keeper.wait()
