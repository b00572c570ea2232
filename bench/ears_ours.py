"""Listens with a model of the registry and prints the cost: `python -m bench.ears_ours MODEL FILE...`."""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from contract.errors import MeshError
from contract.settings import load_settings
from workers.models.adapter import adapter_class
from workers.models.registry import spec
from workers.runtime.settings import WorkerSettings
from workers.runtime.worker import Worker

#: Imported because a worker imports it too, and its memory counts.
LOADED_TOO = (Worker,)


def main(model: str, paths: list[str]) -> None:
    """Listen to every file in turn, as a worker does."""
    adapter = adapter_class(spec(model))(spec(model), load_settings(WorkerSettings))
    adapter.load()
    adapter.embed_audio([adapter.open_audio(Path(paths[0]), None)])
    began, music, tracks = time.process_time(), 0.0, 0
    for path in paths:
        try:
            recording = adapter.open_audio(Path(path), None)
            adapter.embed_audio([recording])
        except MeshError:
            continue
        music, tracks = music + recording.duration, tracks + 1
    cpu = time.process_time() - began
    print(json.dumps({"cpu": cpu, "music": music, "tracks": tracks, "memory": _peak(), "installed": _installed(model)}))


def _peak() -> float:
    """Peak memory of this process in megabytes."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1000


def _installed(model: str) -> float:
    """Megabytes of the wheel, if the model needs it."""
    try:
        found = files("musicnn") if model != "spectral" else None
    except PackageNotFoundError:
        return 0.0
    return (
        sum(Path(str(file.locate())).stat().st_size for file in found or () if Path(str(file.locate())).is_file()) / 1e6
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
