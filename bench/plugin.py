"""`python -m bench.plugin`: what Navidrome's plugin adds to a call on top of the gateway's time, and its size.

With `--navidrome FILE --music FOLDER` (a binary of 0.63 or later), also how long a person waits for an Instant Mix of
50.

Extism's runtime for Python makes a new instance for every call, as Navidrome does; Navidrome itself uses another
runtime (wazero), so these figures show the order of magnitude only. A gateway that answers at once stands in for ours,
so that only the rest is measured.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final
from urllib.parse import urlsplit

from bench.plugin_mix import mix_rows
from bench.report import Row, report
from plugin.build import BuildFailed, build

#: Measured calls of each kind, in turns.
CALLS: Final = 40
#: Tracks in the measured answers.
SIZES: Final = (10, 500)
#: Most bytes of the package.
MOST_BYTES: Final = 1_500_000
#: Most milliseconds that a call of ten tracks may add to the gateway's time: too short for a person to notice.
MOST_MS: Final = 100.0
#: Host functions of Navidrome that the plugin imports; all but the first only refuse here.
HOST_FUNCTIONS: Final = (
    "http_send",
    "users_getusers",
    "subsonicapi_call",
    "kvstore_get",
    "kvstore_set",
    "scheduler_schedulerecurring",
    "scheduler_scheduleonetime",
)
FUNCTION: Final = "nd_get_sonic_similar_tracks"
ASKED: Final = json.dumps({"song": {"id": "x" * 22, "name": "A song", "artist": "Somebody"}, "count": 10}).encode()


def answer_of(tracks: int) -> bytes:
    """Returns an answer in the gateway's format."""
    song = {"id": "x" * 22, "name": "A title of usual length", "artist": "Some artist", "album": "Some record"}
    match = {"song": {**song, "duration": 215.3, "durationMs": 215_300}, "similarity": 0.512345}
    return json.dumps({"matches": [match] * tracks}).encode()


@contextmanager
def gateway(answers: dict[str, bytes]) -> Iterator[str]:
    """Serve answers to every POST at once, by the first part of the path; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = answers[self.path.split("/")[1]]
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Log nothing: the terminal is for the figures."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def constant(answer: bytes) -> Iterator[str]:
    """Serve the same answer to everything; yields the address."""
    with gateway({"constant": answer}) as url:
        yield f"{url}/constant"


def post(url: str, body: bytes) -> bytes:
    """Send one request on its own connection."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.request("POST", parts.path, body, {"Content-Type": "application/json"})
        return connection.getresponse().read()
    finally:
        connection.close()


def host_function(name: str) -> Callable[[str], str]:
    """Returns Navidrome's side of a call: JSON in, JSON out."""

    def answer(asked: str) -> str:
        if name != "http_send":
            return json.dumps({"error": "not in a bench"})
        request = json.loads(asked)["request"]
        body = post(request["url"], base64.b64decode(request["body"]))
        return json.dumps({"result": {"statusCode": 200, "body": base64.b64encode(body).decode()}})

    return answer


def compiled(package: Path) -> Any:
    """Returns the plugin, ready to create instances."""
    import extism
    from extism.extism import CompiledPlugin

    for name in HOST_FUNCTIONS:
        extism.host_fn(name=name, namespace="extism:host/user")(host_function(name))
    with zipfile.ZipFile(package) as archive:
        return CompiledPlugin(archive.read("plugin.wasm"), wasi=True)


def seconds(work: Callable[[], object]) -> float:
    """Returns how long the work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(plugin: Any, url: str, calls: int) -> tuple[list[float], list[float]]:
    """Measure calls without and with the plugin in turns, in seconds; the first of each does not count."""
    import extism

    def through() -> None:
        with extism.Plugin(plugin, config={"gateway": url}) as instance:
            instance.call(FUNCTION, ASKED)

    def straight() -> None:
        post(f"{url}/plugin/{FUNCTION}", ASKED)

    pairs = [(seconds(straight), seconds(through)) for _ in range(calls + 1)][1:]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def rows(package: Path, calls: int) -> Iterator[Row]:
    """Yields the size, the time to get ready, and the time of a call."""
    size = package.stat().st_size
    yield Row("package", size, "bytes", f"<= {MOST_BYTES:,}", size <= MOST_BYTES)
    began = time.perf_counter()
    plugin = compiled(package)
    yield Row("compiling, once", 1000 * (time.perf_counter() - began), "ms")
    with gateway({str(tracks): answer_of(tracks) for tracks in SIZES}) as url:
        for tracks in SIZES:
            straight, through = measure(plugin, f"{url}/{tracks}", calls)
            added = [1000 * (b - a) for a, b in zip(straight, through, strict=True)]
            yield Row(f"{tracks} tracks: the stand-in gateway alone, median", 1000 * statistics.median(straight), "ms")
            median = statistics.median(added)
            goal = f"<= {MOST_MS:g} ms" if tracks == SIZES[0] else ""
            yield Row(f"{tracks} tracks: added, median", median, "ms", goal, median <= MOST_MS if goal else None)
            yield Row(f"{tracks} tracks: added, 95th percentile", statistics.quantiles(added, n=20)[-1], "ms")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; returns 1 if a goal was missed, 2 if nothing can be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.plugin", description=__doc__)
    parser.add_argument("--calls", type=int, default=CALLS, help="calls of each kind")
    parser.add_argument("--navidrome", type=Path, help="a server: what an Instant Mix takes through it")
    parser.add_argument("--music", type=Path, help="the music that it scans")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    try:
        import extism  # noqa: F401  report it missing before a build
    except ImportError:
        print("no runtime here: pip install -c constraints.txt extism", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        try:
            package = build(Path(folder) / "sonicmesh.ndp")
        except BuildFailed as error:
            print(error, file=sys.stderr)
            return 2
        title = "Navidrome's plugin, a new instance for every call (Extism, not Navidrome's own runtime)"
        measured = list(rows(package, asked.calls))
        if asked.navidrome and asked.music:
            measured += mix_rows(asked.navidrome, asked.music, package, asked.calls, constant)
        return report(title, measured, asked.json)


if __name__ == "__main__":
    sys.exit(main())
