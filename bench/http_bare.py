"""Bare aiohttp on uvloop: the base cost of HTTP in Python. `python -m bench.http_bare PORT`"""

from __future__ import annotations

import sys

import orjson
import uvloop
from aiohttp import web

from bench.http_peers.echo import answer


async def embed_text(request: web.Request) -> web.Response:
    """Echo in the server's own process."""
    return web.Response(body=orjson.dumps(answer(orjson.loads(await request.read()))), content_type="application/json")


if __name__ == "__main__":
    app = web.Application()
    app.router.add_post("/embed_text", embed_text)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None, loop=uvloop.new_event_loop())
