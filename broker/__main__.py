"""`python -m broker`: the broker's process."""

from __future__ import annotations

import sys

from broker.lock import lock_path
from broker.pid_file import write_pid
from broker.process import die_with_parent
from broker.serve import BrokerOptions, refuse
from broker.settings import BrokerSettings
from contract.errors import MeshError
from contract.mesh import BROKER
from contract.private import private_files
from contract.settings import load_settings


def main() -> int:
    """Run until SIGTERM. Returns 1, with one line on stderr, if the broker cannot start."""
    try:
        settings = load_settings(BrokerSettings)
        die_with_parent()
        private_files()
        settings.make_folders()
        write_pid(settings.pids, BROKER)
    except MeshError as error:
        return refuse(error.message)
    except OSError as error:
        return refuse(f"cannot create its folders: {error}")
    return BrokerOptions(
        endpoint=settings.broker_endpoint,
        publish=settings.publish_endpoint,
        events=settings.events_endpoint,
        lock=str(lock_path(settings.broker_endpoint, settings.run_dir)),
        expected=list(settings.expected_services),
        queue_limit=settings.queue_limit,
        queue_bytes=settings.queue_bytes,
        log_level=settings.log_level,
    ).become()


if __name__ == "__main__":
    sys.exit(main())
