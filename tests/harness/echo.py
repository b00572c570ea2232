"""A worker process for tests: answers with what it got, or slowly or never if told to.

Operations: `echo` returns params and blobs, `sleep` takes `seconds`, `pid` tells the process, `die` kills it,
`hang` is never answered.
"""

from __future__ import annotations

import argparse
import os
import signal
import time
import uuid
from collections.abc import Sequence

import zmq

from broker import wire
from broker.process import die_with_parent
from broker.wire import Reply, pack_map, reply_body, split_request

#: Seconds between two heartbeats, and of silence after which the broker counts as gone.
HEARTBEAT_S = 1.0
SILENCE_S = 3.0


class EchoWorker:
    """One thread, one DEALER."""

    def __init__(self, endpoint: str, service: str, name: str, credit: int) -> None:
        self._endpoint, self._service, self._name, self._credit = endpoint, service, name, credit
        self._draining = False
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._connect()

    def _connect(self) -> zmq.Socket[bytes]:
        socket = self._context.socket(zmq.DEALER)
        socket.linger = 0
        socket.routing_id = uuid.uuid4().bytes
        socket.reconnect_ivl = 50
        socket.connect(self._endpoint)
        self._heard = self._beat = time.monotonic()
        self._socket = socket
        self.ready()
        return socket

    def ready(self) -> None:
        info = {"worker": self._name, "credit": self._credit, "pid": os.getpid(), "host": "here", "colour": "green"}
        self._socket.send_multipart([wire.WORKER, wire.READY, self._service.encode(), pack_map(info)])

    def drain(self) -> None:
        self._draining = True
        self._credit = 0

    def run(self) -> None:
        announced = False
        while True:
            if self._draining and not announced:
                announced = True
                self.ready()
            if self._socket.poll(100):
                self._handle(self._socket.recv_multipart())
            elif announced:
                self._socket.send_multipart([wire.WORKER, wire.DISCONNECT])
                self._socket.close(linger=1000)
                self._context.term()
                return
            now = time.monotonic()
            if now - self._beat > HEARTBEAT_S:
                self._beat = now
                self._socket.send_multipart([wire.WORKER, wire.HEARTBEAT])
            if now - self._heard > SILENCE_S:
                self._socket.close()
                self._connect()

    def _handle(self, frames: Sequence[bytes]) -> None:
        self._heard = time.monotonic()
        if frames[1] == wire.DISCONNECT:
            self.ready()
        elif frames[1] == wire.REQUEST:
            header, params, blobs = split_request(frames[4:])
            if header.op == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            if header.op == "hang":
                return
            if header.op == "sleep":
                time.sleep(params["seconds"])
            result = {**params, "op": header.op, "pid": os.getpid(), "attempt": header.attempt}
            reply = reply_body(header.id, Reply(result, blobs))
            if header.op == "partial":
                self._socket.send_multipart([wire.WORKER, wire.PARTIAL, frames[2], b"", *reply])
            self._socket.send_multipart([wire.WORKER, wire.FINAL, frames[2], b"", *reply])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("endpoint")
    parser.add_argument("service")
    parser.add_argument("--name", default=f"echo_{os.getpid()}")
    parser.add_argument("--credit", type=int, default=4)
    options = parser.parse_args()
    die_with_parent()
    worker = EchoWorker(options.endpoint, options.service, options.name, options.credit)
    signal.signal(signal.SIGTERM, lambda *_: worker.drain())
    worker.run()


if __name__ == "__main__":
    main()
