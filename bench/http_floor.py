"""The least that the mesh's hops cost: `python -m bench.http_floor gateway FRONT PORT`, or `... worker BACK`.

Bare aiohttp on uvloop sends the body of each request through a DEALER and the C `zmq.proxy` to a worker, and gets the
answer back the same way. The hops are those of the mesh; nothing is checked, counted, limited or logged, and nothing
may fail.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

import orjson
import uvloop
import zmq
from aiohttp import web

from bench.http_load import HOST, PATH
from bench.http_peers.echo import answer


class Calls:
    """One DEALER in the event loop; replies settle the futures of their requests."""

    def __init__(self, front: str) -> None:
        self._socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.DEALER)
        self._socket.connect(front)
        self._open: dict[bytes, asyncio.Future[bytes]] = {}
        self._number = 0
        asyncio.get_running_loop().add_reader(self._socket.FD, self._drain)

    def call(self, body: bytes) -> asyncio.Future[bytes]:
        """Send a request; returns its reply to come."""
        self._number += 1
        token = self._number.to_bytes(8, "big")
        future = self._open[token] = asyncio.get_running_loop().create_future()
        self._socket.send_multipart([token, body], zmq.NOBLOCK)
        self._drain()  # the descriptor signals changes only, and any send may swallow a signal
        return future

    def _drain(self) -> None:
        while int(self._socket.get(zmq.EVENTS)) & int(zmq.POLLIN):
            token, body = self._socket.recv_multipart(zmq.NOBLOCK)
            self._open.pop(token).set_result(body)


def gateway(front: str, port: str) -> None:
    """Serve HTTP until killed."""

    async def embed_text(request: web.Request) -> web.Response:
        return web.Response(body=await calls[0].call(await request.read()), content_type="application/json")

    async def connect(_app: web.Application) -> None:
        calls.append(Calls(front))

    calls: list[Calls] = []
    app = web.Application()
    app.on_startup.append(connect)
    app.router.add_post(PATH, embed_text)
    web.run_app(app, host=HOST, port=int(port), access_log=None, print=None, loop=uvloop.new_event_loop())


def worker(back: str) -> None:
    """Answer requests until killed."""
    socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.DEALER)
    socket.connect(back)
    while True:
        client, token, body = socket.recv_multipart()
        socket.send_multipart([client, token, orjson.dumps(answer(orjson.loads(body)))])


if __name__ == "__main__":
    roles: dict[str, Callable[..., None]] = {"gateway": gateway, "worker": worker}
    roles[sys.argv[1]](*sys.argv[2:])
