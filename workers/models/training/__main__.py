"""`python -m workers.models.training MODEL`: train a text projection and report progress.

Prints one JSON document per line on stdout: `{"stage", "done", "total"}` as it goes, then `{"result"}` or `{"error"}`.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence
from typing import Any

from broker.client import MeshClient
from broker.process import die_with_parent, setup_logging
from contract.errors import Internal, MeshError
from contract.settings import load_settings
from workers.runtime.settings import WorkerSettings

log = logging.getLogger("training")


def main(arguments: Sequence[str] | None = None) -> int:
    """Train words for one model; returns 0 if it saved a checkpoint."""
    from workers.models.training.train import ENCODER, train

    parser = argparse.ArgumentParser(prog="python -m workers.models.training", description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--encoder", default=ENCODER, help="a folder, or a repository on the hub")
    options = parser.parse_args(arguments)
    die_with_parent()
    try:
        settings = load_settings(WorkerSettings)
        setup_logging(settings.log_level)
        os.nice(settings.nice)
        os.environ.setdefault("OMP_NUM_THREADS", str(settings.compute_threads))
        with MeshClient(settings.broker_endpoint) as client:
            _tell({"result": train(client, options.model, options.encoder, settings, _progress)})
    except MeshError as error:
        _tell({"error": error.to_wire()})
        return 1
    except Exception as error:
        log.exception("training %s failed", options.model)
        _tell({"error": Internal(f"training failed: {error!r}; everything stays unchanged").to_wire()})
        return 1
    return 0


def _progress(stage: str, done: int, total: int) -> None:
    _tell({"stage": stage, "done": done, "total": total})


def _tell(document: dict[str, Any]) -> None:
    print(json.dumps(document), flush=True)  # noqa: T201  the parent process reads stdout


if __name__ == "__main__":
    sys.exit(main())
