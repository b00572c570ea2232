"""One worker process: `python -m workers search|library --name NAME`, `python -m workers embed MODEL --name NAME`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Final

from broker.pid_file import pid_file
from broker.process import die_with_parent, on_stop, setup_logging
from contract.errors import MeshError
from contract.private import private_files
from contract.settings import load_settings
from contract.text import log_line
from workers.runtime.leave import leave, leave_with_threads
from workers.runtime.service import Service
from workers.runtime.settings import WorkerSettings

#: Exit code of a process that cannot start: wrong settings, unknown model.
CANNOT_START: Final = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one worker until it is told to stop. Returns its exit code."""
    arguments = _parse(argv)
    try:
        settings = load_settings(WorkerSettings)
        setup_logging(settings.log_level)
        private_files()
        settings.make_folders()
        service = _service(arguments, settings)
    except (MeshError, OSError) as error:
        print(log_line(f"worker {arguments.name}: {error}"), file=sys.stderr)  # noqa: T201  logging is not set up yet
        return CANNOT_START
    die_with_parent()
    leave_with_threads()
    if arguments.kind == "embed":
        os.nice(settings.nice)

    from workers.runtime.worker import Worker

    worker = Worker(service, arguments.name, settings)
    on_stop(worker.stop)
    with pid_file(settings.pids, arguments.name):
        return worker.run()


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m workers", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    for kind in ("search", "library", "embed"):
        command = kinds.add_parser(kind)
        if kind == "embed":
            command.add_argument("model")
        command.add_argument("--name", required=True, help="name of this worker, unique in the mesh")
    return parser.parse_args(argv)


def _service(arguments: argparse.Namespace, settings: WorkerSettings) -> Service:
    """Returns the service, imported late: torch, pymilvus and the like each belong to one kind of worker."""
    if arguments.kind == "search":
        from workers.search.service import SearchService

        return SearchService()
    if arguments.kind == "library":
        from workers.library.service import LibraryService

        return LibraryService()
    os.environ.setdefault("OMP_NUM_THREADS", str(settings.compute_threads))  # read when numpy and torch are imported
    os.environ.setdefault(
        "OPENBLAS_NUM_THREADS", "1"
    )  # numpy's matrices are small: more threads would only wait for each other
    from workers.models.service import EmbeddingService

    return EmbeddingService(arguments.model)


if __name__ == "__main__":
    leave(main())
