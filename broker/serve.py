"""The serving part of the broker's process, with all its options on the command line.

`python -m broker` reads the settings and then becomes this process: the code that reads them takes as much memory as
everything else.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

import zmq

from broker.channel import INSIDE, EventChannel
from broker.dispatch import Limits
from broker.lock import take_lock
from broker.process import on_stop, setup_logging
from broker.publisher import EventPublisher
from broker.router import Router
from contract.errors import MeshError
from contract.mesh import BROKER
from contract.text import log_line

log = logging.getLogger("broker")

#: New objects that trigger Python's garbage collector; its default of 700 equals two dozen open requests.
GARBAGE: Final = 10_000


@dataclass(frozen=True, slots=True)
class BrokerOptions:
    """Endpoints and limits of one broker."""

    endpoint: str
    publish: str
    events: str
    lock: str
    expected: list[str]
    queue_limit: int
    queue_bytes: int
    log_level: str

    def become(self) -> NoReturn:
        """Continue as the serving process: same pid, same parent, and it still dies with its parent."""
        arguments = [sys.executable, "-m", "broker.serve", json.dumps(asdict(self))]
        os.execv(sys.executable, arguments)


def main(options: BrokerOptions) -> int:
    """Serve until SIGTERM. Returns 1, with one line on stderr, if that is not possible."""
    setup_logging(options.log_level)
    try:
        with take_lock(Path(options.lock)):
            serve(options)
    except MeshError as error:
        return refuse(error.message)
    except zmq.ZMQError as error:
        return refuse(f"cannot open {options.endpoint}, {options.publish} and {options.events}: {error}")
    except OSError as error:
        return refuse(f"cannot start: {error}")
    return 0


def refuse(message: str) -> int:
    """Print why the broker cannot start. Returns the exit code."""
    sys.stderr.write(f"{log_line(f'broker: {message}')}\n")
    return 1


def serve(options: BrokerOptions) -> None:
    """Route messages and events until told to stop."""
    context: zmq.Context[Any] = zmq.Context()
    channel = EventChannel(context, options.publish, options.events)
    events = EventPublisher(INSIDE, BROKER, context)
    limits = Limits(options.queue_limit, options.queue_bytes)
    router = Router(context, options.endpoint, events.tell, options.expected, limits)
    on_stop(router.stop)
    channel.start()
    gc.collect()
    gc.freeze()  # these objects stay; messages leave no cycles, so a search for them is rarely worth its time
    gc.set_threshold(GARBAGE)
    log.info("broker on %s, events on %s", options.endpoint, options.events)
    try:
        router.run()
    finally:
        events.close()
        channel.stop()
        context.term()
    log.info("broker stopped")


if __name__ == "__main__":
    sys.exit(main(BrokerOptions(**json.loads(sys.argv[1]))))
