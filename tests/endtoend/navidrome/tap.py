"""A wire tap between Navidrome and the gateway: forwards everything unchanged and records it."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: Seconds that the gateway may take: Navidrome itself gives up before.
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Exchange:
    """What Navidrome asked, and what the gateway answered."""

    path: str
    asked: Any
    status: int
    answered: Any


class Tap:
    """`port`: where Navidrome finds it. `seen`: the exchanges, in order."""

    def __init__(self, gateway_port: int) -> None:
        self.seen: list[Exchange] = []
        self._gateway = f"http://127.0.0.1:{gateway_port}"
        tap = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                tap._hand_on(self, None)

            def do_POST(self) -> None:
                tap._hand_on(self, self.rfile.read(int(self.headers["Content-Length"] or 0)))

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def last(self, path: str) -> Exchange:
        """The last exchange whose path ends so."""
        return next(each for each in reversed(self.seen) if each.path.endswith(path))

    def _hand_on(self, handler: BaseHTTPRequestHandler, body: bytes | None) -> None:
        status, answer = self._ask(handler, body)
        self.seen.append(Exchange(handler.path, _json(body), status, _json(answer)))
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        handler.wfile.write(answer)

    def _ask(self, handler: BaseHTTPRequestHandler, body: bytes | None) -> tuple[int, bytes]:
        headers = {"Content-Type": handler.headers.get("Content-Type", "application/json")}
        request = urllib.request.Request(self._gateway + handler.path, body, headers, method=handler.command)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()


def _json(body: bytes | None) -> Any:
    return json.loads(body) if body else None


@contextmanager
def tapped(gateway_port: int) -> Iterator[Tap]:
    """A tap that listens meanwhile."""
    tap = Tap(gateway_port)
    thread = threading.Thread(target=tap.server.serve_forever)
    thread.start()
    try:
        yield tap
    finally:
        tap.server.shutdown()
        thread.join()
        tap.server.server_close()
