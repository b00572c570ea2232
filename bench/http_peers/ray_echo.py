"""Ray Serve: its proxy and one replica."""

from __future__ import annotations

import signal
import sys
from typing import Any

import ray
from ray import serve
from starlette.requests import Request

from bench.http_peers.echo import answer


@serve.deployment(num_replicas=1, max_ongoing_requests=128)
class Echo:
    """Answers JSON. At the default of five concurrent requests, most of 64 connections wait for the router to retry."""

    async def __call__(self, request: Request) -> dict[str, Any]:
        return answer(await request.json())


if __name__ == "__main__":
    ray.init(include_dashboard=False, log_to_driver=False)
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
    serve.run(Echo.bind(), route_prefix="/embed_text")  # type: ignore[attr-defined]  # added by the decorator
    signal.pause()
