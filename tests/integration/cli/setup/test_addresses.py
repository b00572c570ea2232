"""Where Navidrome answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from cli.setup import addresses
from cli.setup.addresses import answering, answers_at


class Server(BaseHTTPRequestHandler):
    """Navidrome below /nd, a redirect to it below /moved, another server elsewhere."""

    def do_GET(self) -> None:
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", "/nd/rest/ping")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        body = '{"subsonic-response":{"status":"failed"}}' if self.path.startswith("/nd") else "<html>hello</html>"
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Server) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()


@pytest.mark.parametrize(("path", "good"), [("/nd", True), ("/nd/", True), ("", False), ("/moved", False)])
def test_only_navidrome_counts(server: str, path: str, good: bool) -> None:
    assert answers_at(f"{server}{path}") is good


@pytest.mark.parametrize("address", ["", "music", "ftp://nas", "http://", "file:///etc/passwd", "http://127.0.0.1:1"])
def test_other_addresses_are_simply_not_navidrome(address: str) -> None:
    assert answers_at(address) is False


def test_the_configured_one_comes_first(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVIDROME_URL", f"{server}/nd")
    monkeypatch.setattr(addresses, "USUAL", (f"{server}/nd/other", f"{server}/else"))
    assert answering() == [f"{server}/nd", f"{server}/nd/other"]


def test_a_name_that_takes_long_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = threading.Event()
    monkeypatch.setenv("NAVIDROME_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(addresses, "answers_at", lambda address: address.endswith(":9") or hanging.wait(60))
    began = time.monotonic()
    assert answering() == ["http://127.0.0.1:9"]
    assert time.monotonic() - began < 30
    hanging.set()
