"""mosec: its HTTP server (Rust), one worker process, JSON by default."""

from __future__ import annotations

from typing import Any

from mosec import Server, Worker

from bench.http_peers.echo import answer


class Echo(Worker):  # type: ignore[misc]  # not installed where this is checked
    """One request at a time: mosec's default."""

    def forward(self, data: dict[str, Any]) -> dict[str, Any]:
        return answer(data)


if __name__ == "__main__":
    server = Server()
    server.append_worker(Echo, num=1, route="/embed_text")
    server.run()
