"""`python -m broker`: the broker's process."""

from __future__ import annotations

import logging
import sys
from typing import Any

import zmq

from broker.channel import INSIDE, EventChannel
from broker.errors import MeshError
from broker.events import EventPublisher
from broker.lock import take_lock
from broker.process import die_with_parent, on_stop, setup_logging
from broker.router import Router
from broker.settings import BrokerSettings, load_settings

log = logging.getLogger("broker")


def main() -> int:
    """Run until SIGTERM; 1 with one line on stderr where it cannot start."""
    try:
        settings = load_settings(BrokerSettings)
        setup_logging(settings.log_level)
        die_with_parent()
        settings.make_folders()
        with take_lock(settings):
            serve(settings)
    except MeshError as error:
        return refuse(error.message)
    except zmq.ZMQError as error:
        return refuse(f"the broker cannot open its endpoints: {error}")
    except OSError as error:
        return refuse(f"the broker cannot start: {error}")
    return 0


def refuse(message: str) -> int:
    """Say why there is no broker."""
    sys.stderr.write(f"broker: {message}\n")
    return 1


def serve(settings: BrokerSettings) -> None:
    """Route messages and events until told to stop."""
    context: zmq.Context[Any] = zmq.Context()
    channel = EventChannel(context, settings.publish_endpoint, settings.events_endpoint)
    events = EventPublisher(INSIDE, "broker", context)
    router = Router(context, settings.broker_endpoint, events.publish, settings.expected_services, settings.queue_limit)
    on_stop(router.stop)
    channel.start()
    log.info("broker on %s, events on %s", settings.broker_endpoint, settings.events_endpoint)
    try:
        router.run()
    finally:
        events.close()
        channel.stop()
        context.term()
    log.info("broker stopped")


if __name__ == "__main__":
    sys.exit(main())
