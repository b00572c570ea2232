"""A process of another version: `python -m tests.harness.services.versioned VERSION broker` or `VERSION odd NAME`."""

from __future__ import annotations

import sys

import contract
from broker.lock import lock_path
from broker.process import on_stop, setup_logging
from broker.serve import BrokerOptions
from broker.serve import main as serve
from broker.settings import BrokerSettings
from contract.settings import load_settings
from tests.harness.services.odd import OddService
from workers.runtime.leave import leave
from workers.runtime.settings import WorkerSettings
from workers.runtime.worker import Worker


def broker() -> int:
    """Serves in this process: `python -m broker` would start another, which has its own version."""
    settings = load_settings(BrokerSettings)
    return serve(
        BrokerOptions(
            endpoint=settings.broker_endpoint,
            publish=settings.publish_endpoint,
            events=settings.events_endpoint,
            lock=str(lock_path(settings.broker_endpoint, settings.run_dir)),
            expected=list(settings.expected_services),
            queue_limit=settings.queue_limit,
            queue_bytes=settings.queue_bytes,
            log_level=settings.log_level,
        )
    )


def odd(name: str) -> int:
    settings = load_settings(WorkerSettings)
    setup_logging(settings.log_level)
    worker = Worker(OddService(), name, settings)
    on_stop(worker.stop)
    return worker.run()


if __name__ == "__main__":
    contract.VERSION = int(sys.argv[1])
    leave(broker() if sys.argv[2] == "broker" else odd(sys.argv[3]))
