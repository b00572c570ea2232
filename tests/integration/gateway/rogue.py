"""A foreign worker: it sends READY with any map and answers every request with the same reply."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any

import msgpack
import zmq

from broker import wire
from broker.wire import Header, WireError, pack_map
from contract.operation import Buffer

#: Milliseconds between two signs of life.
BEAT_MS = 300


class Rogue:
    """Serves `service` until the block ends. `ready`: its READY map; `answer`: the result of every call."""

    def __init__(self, endpoint: str, service: str, ready: dict[Any, Any], answer: Any = None) -> None:
        self._endpoint, self._service = endpoint, service
        self._ready, self._answer = msgpack.packb(ready, use_bin_type=True), msgpack.packb(answer or {})
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Rogue:
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _serve(self) -> None:
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        dealer = context.socket(zmq.DEALER)
        dealer.connect(self._endpoint)

        def say(*frames: Buffer) -> None:
            dealer.send_multipart([wire.WORKER, *frames])

        say(wire.READY, self._service.encode(), self._ready)
        while not self._over.is_set():
            if not dealer.poll(BEAT_MS):
                say(wire.HEARTBEAT)
                continue
            frames = dealer.recv_multipart()
            if frames[1] == wire.REQUEST:
                try:
                    request_id = Header.unpack(frames[4]).id
                except WireError:
                    continue
                say(wire.FINAL, frames[2], b"", pack_map({"id": request_id, "ok": True}), self._answer)
        say(wire.DISCONNECT)
        dealer.close(linger=200)
        context.term()
