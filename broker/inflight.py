"""The one table of the broker: every request that waits or is being worked on, found by whatever ends it."""

from __future__ import annotations

from collections.abc import Iterable

from broker.request import Request

#: Deadlines are kept in buckets so long, in seconds; a request expires at most so late.
BUCKET_S = 0.1


class InFlight:
    """Open requests by their client and id, by connection and by deadline."""

    def __init__(self) -> None:
        #: By client; there by the client's id, or by our number where it gave none.
        self._by_client: dict[bytes, dict[str | int, Request]] = {}
        self._by_descriptor: dict[int, bytes] = {}
        self._buckets: dict[int, dict[int, Request]] = {}
        self._size = 0
        #: Bytes of all bodies: those that wait, and those that a worker holds, which may have to be sent again.
        self.bytes = 0

    def __len__(self) -> int:
        return self._size

    def add(self, request: Request) -> None:
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

    def remove(self, request: Request) -> None:
        """Forget a request and let go of its body."""
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

    def find(self, client: bytes, request_id: str) -> Request | None:
        """The open request that this client gave this id."""
        mine = self._by_client.get(client)
        return mine.get(request_id) if mine is not None else None

    def of_connection(self, descriptor: int) -> list[Request]:
        """The open requests of the client whose connection had this file descriptor."""
        client = self._by_descriptor.get(descriptor)
        return [r for r in self.of_client(client) if r.descriptor == descriptor] if client is not None else []

    def of_client(self, client: bytes) -> Iterable[Request]:
        return tuple(self._by_client.get(client, {}).values())

    def due(self, now: float) -> list[Request]:
        """Requests whose deadline has passed at `now` (unix s), earliest first."""
        last = _bucket(now)
        keys = sorted(key for key in self._buckets if key < last)
        return [request for key in keys for request in tuple(self._buckets[key].values())]


def _bucket(deadline: float) -> int:
    return int(max(deadline, 0.0) / BUCKET_S)
