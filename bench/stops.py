"""The path of a list through the code: how many files one request passes.

    python -m bench.stops [--files]

The gateway's side is one `POST /playlist/recent` to a real gateway with a broker and a search worker behind it, the
search's side one `recommend` on a real store. Both are warmed up with one request, so that nothing is created for the
first time. The bench identifies what counts only by folder, so that it can measure any version of the code.
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any, cast

import numpy as np

from bench.ports import free_port
from bench.report import Row, report

ROOT = Path.cwd()
GATEWAY, SEARCH = ROOT / "gateway", ROOT / "workers" / "search"
TRACKS, DIMENSION = 200, 40
#: The request: three seeds, a sound to avoid and a dislike, so that every stage has work.
ASKED: dict[str, Any] = {
    "seeds": [{"track_id": f"t{number}"} for number in range(3)],
    "disliked_track_ids": ["t9"],
    "dislike_strength": 0.5,
    "diversity": 0.15,
    "limit": 25,
}
#: Seconds until everything answers.
PATIENCE = 60.0


class Way:
    """Records which files of `folder` call which, while `on`."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder) + os.sep
        self.on = False
        self.files: set[str] = set()
        self.stops: set[tuple[str, str]] = set()

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        if not self.on or event != "call" or not frame.f_code.co_filename.startswith(self._folder):
            return
        here, caller = frame.f_code.co_filename, frame.f_back
        while caller is not None and not caller.f_code.co_filename.startswith(self._folder):
            caller = caller.f_back
        self.files.add(here)
        if caller is not None and caller.f_code.co_filename != here:
            self.stops.add((caller.f_code.co_filename, here))

    def told(self) -> dict[str, Any]:
        """Returns files by their paths below the folder, and the number of stops."""
        files = sorted(str(Path(file).relative_to(self._folder)) for file in self.files)
        return {"files": files, "stops": len(self.stops)}


def search_side() -> dict[str, Any]:
    """Run one `recommend` of the service, called as the worker loop does."""
    from workers.search.service import SearchService

    service = SearchService()
    service.open()
    operations = service.operations()

    def call(op: str, params: dict[str, Any], *blobs: bytes) -> None:
        asked = SimpleNamespace(op=op, params=params, blobs=blobs, trace="", lane="interactive", prepared=None)
        operations[op].handle([cast(Any, asked)])

    vectors = np.random.default_rng(0).standard_normal((TRACKS, DIMENSION)).astype("<f4")
    rows = [
        {"track_id": f"t{n}", "title": f"Title {n}", "artist": f"Artist {n % 50}", "artist_id": f"a{n % 50}"}
        | {"library_id": 1, "album_id": f"b{n % 70}", "audio_id": f"u{n}", "duration": 100.0 + 3 * n}
        for n in range(TRACKS)
    ]
    upsert = next(op for op in operations if op.endswith(".upsert"))  # older versions have no contract
    call(upsert, {"model": "spectral", "rows": rows, "dim": DIMENSION}, vectors.tobytes())
    avoided = {"negative_embeddings": {"spectral": [vectors[50].tolist()]}}
    way = Way(SEARCH)
    for _ in range(2):
        call("recommend", {**ASKED, **avoided})
    sys.setprofile(way)
    way.on = True
    call("recommend", {**ASKED, **avoided})
    way.on = False
    sys.setprofile(None)
    service.stop()
    return way.told()


def gateway_side() -> dict[str, Any]:
    """Request one playlist of the gateway, which runs in this process."""
    way = Way(GATEWAY)

    def ask() -> None:
        try:
            _eventually(_playlist)
            _playlist()
            way.on = True
            _playlist()
            way.on = False
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    asking = threading.Thread(target=ask)
    asking.start()
    sys.setprofile(way)
    try:
        runpy.run_module("gateway", run_name="__main__")
    except SystemExit:
        pass
    finally:
        sys.setprofile(None)
        asking.join()
    return way.told()


def _playlist() -> bool:
    body = json.dumps({"user_id": "u", "user_name": "n", **ASKED}).encode()
    url = f"http://127.0.0.1:{os.environ['NAVIDROME_RECOMMENDER_PORT']}/playlist/recent"
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        return bool(json.load(response)["tracks"])


def _eventually(answers: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            if answers():
                return
        except OSError:
            if time.monotonic() > end:
                raise
        time.sleep(0.1)


def measure() -> dict[str, dict[str, Any]]:
    """Measure both sides, each in its own process, on one store."""
    with tempfile.TemporaryDirectory(prefix="sm-stops") as folder:
        ports = [str(free_port()) for _ in range(2)]
        environment = {
            **os.environ,
            **dict.fromkeys(("SONICMESH_HOME", "LOG_DIR", "PID_DIR"), folder),
            "SONICMESH_RUN": f"{folder}/run",
            "SONICMESH_DATA": f"{folder}/data",
            "NAVIDROME_EMBED_SOCKET": "off",
            "SONICMESH_LOG_LEVEL": "error",
            "NAVIDROME_RECOMMENDER_PORT": ports[0],
            "TEXT_EMBEDDING_PORT": ports[1],
        }

        def started(*arguments: str) -> subprocess.Popen[bytes]:
            return subprocess.Popen([sys.executable, "-m", *arguments], env=environment, stdout=subprocess.PIPE)

        def told(side: str) -> dict[str, Any]:
            output, _ = started("bench.stops", "--side", side).communicate(timeout=2 * PATIENCE)
            if not output.strip():
                raise SystemExit(f"the {side} could not be measured; see the error above")
            found: dict[str, Any] = json.loads(output.splitlines()[-1])
            return found

        search = told("search")
        others = [started("broker"), started("workers", "search", "--name", "search_01")]
        try:
            return {"search": search, "gateway": told("gateway")}
        finally:
            for process in reversed(others):
                process.terminate()
                process.communicate(timeout=PATIENCE)


def main(arguments: Sequence[str]) -> int:
    """Print the figures of both sides."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", action="store_true", help="name the files too")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--side", choices=("gateway", "search"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.side:
        found = gateway_side() if options.side == "gateway" else search_side()
        if not found["files"]:
            return 1
        sys.stdout.write(json.dumps(found) + "\n")
        return 0
    sides = measure()
    rows = [
        Row("gateway modules executed by one POST /playlist", len(sides["gateway"]["files"]), "files"),
        Row("files of the search package that one recommend runs through", len(sides["search"]["files"]), "files"),
        Row("stops: pairs of files where one calls the other", sides["search"]["stops"], "stops"),
    ]
    if options.files:
        for side, found in sides.items():
            sys.stdout.write(f"{side}\n  " + "\n  ".join(found["files"]) + "\n")
    return report("the path of a list through the code", rows, options.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
