"""A client of a Milvus server: reads are as fresh as requested, failures are `StoreUnavailable`.

A strong read waits for the server's next time tick: 200 ms, longer on a busy host. Milvus offers cheaper guarantees,
and this client knows from its own writes when they suffice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from broker.vectors import Vectors
from contract.errors import StoreUnavailable
from workers.search.store.index.graph import GraphSettings
from workers.search.store.schema import VECTOR, index_params, make_schema

#: Largest limit of one query.
MOST: Final = 16_384
#: Rows of one write, and ids of one expression.
PAGE: Final = 500
#: Queries of one search.
QUERIES: Final = 64
#: Seconds that the server may take for one operation.
TIMEOUT: Final = 30.0
#: Seconds of other workers' writes that a read may miss if it need not be fresh. The server's own bound is
#: `gracefulTime`, 5 s unless configured; a larger value breaks the promise.
STALENESS_SECONDS: Final = 10.0

#: Milvus's guarantees: everything acknowledged; everything up to a timestamp; everything older than `gracefulTime`.
STRONG, UP_TO, BOUNDED = "Strong", "Customized", "Bounded"
#: Milvus's error codes, and seconds between retries while another worker changes an index.
NOT_FOUND, NOT_LOADED = 100, 101
AGAIN: Final = 0.2

Records = list[dict[str, Any]]


class Milvus:
    """Thread-safe. Takes stored collection names: guarantees belong to that name, not to an alias."""

    def __init__(self, uri: str) -> None:
        """Connect. Raises `StoreUnavailable`."""
        from pymilvus import MilvusClient, MilvusException

        self.uri = uri
        #: Tracks hidden from searches.
        self.hidden: frozenset[str] = frozenset()
        self._failure: type[Exception] = MilvusException
        #: By collection: when this process last wrote, on its own clock and as a server timestamp.
        self._wrote: dict[str, tuple[float, int]] = {}
        with self._failing():
            self._client: Any = MilvusClient(uri=uri, timeout=TIMEOUT)

    # -- collections ------------------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """Returns the names of all collections."""
        with self._failing():
            return list(self._client.list_collections())

    def describe(self, name: str) -> dict[str, Any] | None:
        """Returns fields and aliases; None if the collection is gone."""
        try:
            return dict(self._client.describe_collection(name))
        except self._failure as error:
            if _code(error) == NOT_FOUND:
                return None
            raise self._unavailable(error) from error

    def create(self, name: str, dimension: int, kind: str, graph: GraphSettings) -> None:
        """Create an empty collection with an index of `kind`, ready for searches."""
        with self._failing():
            schema, index = make_schema(self._client, dimension), index_params(self._client, graph, kind)
            self._client.create_collection(name, schema=schema, index_params=index)
            self._client.load_collection(name)

    def load(self, name: str) -> None:
        """Load a collection for searches."""
        with self._failing():
            self._client.load_collection(name)

    def drop(self, name: str) -> None:
        """Remove a collection."""
        with self._failing():
            self._client.drop_collection(name)

    def point(self, alias: str, name: str, anew: bool) -> None:
        """Point `alias` at the collection `name`; set `anew` if the alias does not exist yet."""
        with self._failing():
            (self._client.create_alias if anew else self._client.alter_alias)(name, alias)

    def flush(self, name: str) -> None:
        """Return once everything written is in the server's storage."""
        with self._failing():
            self._client.flush(name)

    def index(self, name: str) -> str:
        """Returns the kind of a collection's index."""
        with self._failing():
            return str(self._client.describe_index(name, VECTOR)["index_type"])

    def index_anew(self, name: str, kind: str, graph: GraphSettings) -> None:
        """Give a collection another index. It is unreadable until it is loaded again: seconds, longer on a busy host.

        The server keeps building afterwards and searches the vectors directly until it is done.
        """
        with self._failing():
            self._client.release_collection(name)
            self._client.drop_index(name, VECTOR)
            self._client.create_index(name, index_params(self._client, graph, kind), sync=False)
            self._client.load_collection(name)

    def close(self) -> None:
        """Disconnect."""
        self._client.close()

    # -- rows -------------------------------------------------------------------------------------------------------

    def upsert(self, name: str, records: Records) -> None:
        """Write records; insert would duplicate existing keys on older servers."""
        with self._failing():
            for start in range(0, len(records), PAGE):
                self._client.upsert(name, records[start : start + PAGE])
        self._remember(name)

    def delete(self, name: str, expression: str) -> None:
        """Remove matching records."""
        with self._failing():
            self._client.delete(name, filter=expression)
        self._remember(name)

    def query(self, name: str, expression: str, fields: Sequence[str], limit: int, fresh: bool) -> Records:
        """Returns matching records, the first `limit` by key; 0 is for counts. Vectors are float32 arrays."""
        most = {"limit": min(limit, MOST)} if limit else {}
        query = partial(self._client.query, name, expression, list(fields), strict_float32=True, **most)
        return list(self._read(query, name, fresh))

    def nearest(self, name: str, queries: Vectors, k: int, expression: str, ef: int) -> list[list[str]]:
        """Returns the keys of the `k` nearest matching records for each query; need not be fresh.

        Returns only keys: the server would send a vector once for each query that finds it.
        """
        found: list[list[str]] = []
        for start in range(0, len(queries), QUERIES):
            search = partial(
                self._client.search,
                name,
                data=queries[start : start + QUERIES].tolist(),
                anns_field=VECTOR,
                limit=k,
                filter=expression,
                search_params={"metric_type": "COSINE", "params": {"ef": ef}},
            )
            found += [list(hits.ids) for hits in self._read(search, name, fresh=False)]
        return found

    def count(self, name: str, fresh: bool, expression: str = "") -> int:
        """Number of matching rows."""
        return int(self.query(name, expression, ["count(*)"], 0, fresh)[0]["count(*)"])

    def counts(self, names: Sequence[str], fresh: bool) -> list[int]:
        """Row counts of the collections, requested concurrently: every fresh read waits."""
        with ThreadPoolExecutor(max(1, len(names))) as pool:
            return list(pool.map(lambda name: self.count(name, fresh), names))

    def _read(self, read: Callable[..., Any], name: str, fresh: bool) -> Any:
        """Returns the result of `read`. Waits while another worker's index change keeps the collection unloaded."""
        until = time.monotonic() + TIMEOUT
        while True:
            try:
                return read(**self._guarantee(name, fresh))
            except self._failure as error:
                if _code(error) != NOT_LOADED or time.monotonic() > until:
                    raise self._unavailable(error) from error
                time.sleep(AGAIN)

    def _remember(self, name: str) -> None:
        """Record an acknowledged write. Milvus's "Session" does the same, but version 2.3 forgets deletions there."""
        with self._failing():
            stamp = int(self._client._get_connection().alloc_timestamp())
        self._wrote[name] = (time.monotonic(), stamp)

    def _guarantee(self, name: str, fresh: bool) -> dict[str, Any]:
        """Always includes this process's own writes: asks for them explicitly until `BOUNDED` covers them."""
        when, stamp = self._wrote.get(name, (-STALENESS_SECONDS, 0))
        if fresh:
            return {"consistency_level": STRONG}
        if time.monotonic() - when >= STALENESS_SECONDS:
            return {"consistency_level": BOUNDED}
        return {"consistency_level": UP_TO, "guarantee_timestamp": stamp}

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except self._failure as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> StoreUnavailable:
        return StoreUnavailable(f"the Milvus server {self.uri} failed: {error}")


def _code(error: Exception) -> int | None:
    return getattr(error, "code", None)
