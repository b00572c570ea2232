"""`python -m cli.foreground`: supervisord in the foreground, as a container's first process or a service of systemd.

It differs from plain supervisord in two ways. What the processes write goes to standard output, each line after the
name of its process. And on SIGTERM everything but the broker stops at once, the broker last, because it carries the
replies to the requests that workers still hold; plain supervisord stops one group after the other.
"""

from __future__ import annotations

import contextlib
import sys
from collections import defaultdict
from typing import Any, Final

from supervisor import events
from supervisor.medusa import asyncore_25 as asyncore
from supervisor.options import ServerOptions
from supervisor.states import SupervisorStates
from supervisor.supervisord import Supervisor

BROKER: Final = "broker"
#: The longest part of a line, in bytes, that is held until the rest arrives.
LONGEST_LINE: Final = 64 * 1024


class ForegroundSupervisor(Supervisor):  # type: ignore[misc]  # the package has no types
    """supervisord, as described above."""

    #: Groups that have not stopped yet, once supervisord stops.
    stop_groups: list[Any] | None

    def runforever(self) -> None:
        output = Output(sys.stdout.buffer)
        events.subscribe(events.ProcessLogStdoutEvent, output.passed_on)
        events.subscribe(events.ProcessStateExitedEvent, output.ended)
        super().runforever()

    def ordered_stop_groups_phase_1(self) -> None:
        others = [group for group in self.stop_groups or () if group.config.name != BROKER]
        for group in others or self.stop_groups or ():
            group.stop_all()

    def ordered_stop_groups_phase_2(self) -> None:
        self.stop_groups = [group for group in self.stop_groups or () if group.get_unstopped_processes()]


class Output:
    """Writes whole lines of all processes to one stream."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._begun: defaultdict[str, bytes] = defaultdict(bytes)

    def passed_on(self, event: Any) -> None:
        """Write the lines that are complete."""
        name = event.process.config.name
        *lines, rest = (self._begun[name] + event.data).split(b"\n")
        if len(rest) > LONGEST_LINE:
            lines, rest = [*lines, rest], b""
        self._begun[name] = rest
        self._write(name, lines)

    def ended(self, event: Any) -> None:
        """Write the last line of a process, even without a line feed."""
        name = event.process.config.name
        if rest := self._begun.pop(name, b""):
            self._write(name, [rest])

    def _write(self, name: str, lines: list[bytes]) -> None:
        try:
            self._stream.write(b"".join(name.encode() + b" | " + line + b"\n" for line in lines))
            self._stream.flush()
        except OSError:  # nobody reads any more, but the mesh must keep running
            return


def main(arguments: list[str] | None = None) -> None:
    """Run until SIGTERM. `arguments` are those of supervisord."""
    first = True
    while True:
        options = ServerOptions()
        options.realize(arguments, doc=__doc__)
        options.first, options.test = first, False
        with contextlib.suppress(asyncore.ExitNow):
            ForegroundSupervisor(options).main()
        options.close_httpservers()
        options.close_logger()
        if options.mood < SupervisorStates.RESTARTING:
            return
        first = False


if __name__ == "__main__":
    main()
