"""`python -m tests.harness.services odd --name NAME [--gate FILE]`, or `... ROGUE --service NAME`: one service."""

from __future__ import annotations

import argparse
from pathlib import Path

from broker.process import on_stop, setup_logging
from contract.settings import load_settings
from tests.harness.services.odd import OddService
from tests.harness.services.rogues import ROGUES, run
from workers.runtime.leave import leave
from workers.runtime.settings import WorkerSettings
from workers.runtime.worker import Worker


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["odd", *ROGUES])
    parser.add_argument("--name", default="odd_01")
    parser.add_argument("--service", default="odd")
    parser.add_argument("--gate", type=Path)
    arguments = parser.parse_args()
    settings = load_settings(WorkerSettings)
    if arguments.kind != "odd":
        run(arguments.kind, settings.broker_endpoint, arguments.service)
    setup_logging(settings.log_level)
    worker = Worker(OddService(arguments.gate), arguments.name, settings)
    on_stop(worker.stop)
    return worker.run()


if __name__ == "__main__":
    leave(main())
