"""The broker's table of open requests, waiting or held by a worker, indexed by everything that can end them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from broker.request import OpenRequest

#: Length of a deadline bucket in seconds; a request expires at most this late.
BUCKET_SECONDS: Final = 0.1


class InFlight:
    """Open requests by client and id, by connection and by deadline."""

    def __init__(self) -> None:
        #: By client, then by the client's id, or by our number if it gave none.
        self._by_client: dict[bytes, dict[str | int, OpenRequest]] = {}
        self._by_descriptor: dict[int, bytes] = {}
        self._buckets: dict[int, dict[int, OpenRequest]] = {}
        self._size = 0
        #: Bytes of all bodies: of waiting requests and of those with workers, which may have to be sent again.
        self.bytes = 0

    def __len__(self) -> int:
        return self._size

    def add(self, request: OpenRequest) -> None:
        """Keep a request until `remove`."""
        self._size += 1
        self.bytes += request.size
        client = request.client
        mine = self._by_client.get(client)
        if mine is None:
            mine = self._by_client[client] = {}
        mine[request.id or request.number] = request
        if request.descriptor >= 0:
            self._by_descriptor[request.descriptor] = client
        key = _bucket(request.deadline)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = {}
        bucket[request.number] = request

    def remove(self, request: OpenRequest) -> None:
        """Forget a request and release its body."""
        self._size -= 1
        self.bytes -= request.size
        request.closed = True
        request.body = ()
        mine = self._by_client[request.client]
        del mine[request.id or request.number]
        if not mine:
            del self._by_client[request.client]
            if self._by_descriptor.get(request.descriptor) == request.client:
                del self._by_descriptor[request.descriptor]
        key = _bucket(request.deadline)
        bucket = self._buckets.get(key)
        if bucket is not None:
            bucket.pop(request.number, None)
            if not bucket:
                del self._buckets[key]

    def find(self, client: bytes, request_id: str) -> OpenRequest | None:
        """Returns the open request to which this client gave this id, or None."""
        mine = self._by_client.get(client)
        return mine.get(request_id) if mine is not None else None

    def of_connection(self, descriptor: int) -> list[OpenRequest]:
        """Returns the open requests of the client whose connection had this file descriptor."""
        client = self._by_descriptor.get(descriptor)
        return [r for r in self.of_client(client) if r.descriptor == descriptor] if client is not None else []

    def of_client(self, client: bytes) -> Iterable[OpenRequest]:
        return tuple(self._by_client.get(client, {}).values())

    def due(self, now: float) -> list[OpenRequest]:
        """Returns the requests whose deadline has passed at `now` (monotonic seconds), earliest first."""
        last = _bucket(now)
        keys = sorted(key for key in self._buckets if key < last)
        return [request for key in keys for request in tuple(self._buckets[key].values())]


def _bucket(deadline: float) -> int:
    return int(max(deadline, 0.0) / BUCKET_SECONDS)
